import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNginx } from '#config';
import { startNginxGate } from '../../../nginx/nginx-gate.ts';
import type { Gate } from '../../../services/gate/contract/gate.ts';
import type { GateOptions } from '../../../services/gate/contract/options.ts';
import { startGate } from '../../../services/gate/gate.ts';
import { implementationsUnderTest } from '../implementations.ts';

/** One of the implementations of the gate's contract. */
export interface GateKind {
  readonly name: 'node' | 'nginx';
  /** `writeLines` gets the lines of requests where the gate does not log them by `options.log`. */
  start(options: GateOptions, writeLines?: (lines: string) => void): Promise<Gate>;
}

const NGINX = findNginx(process.env.NGINX_PATH ?? '') ?? 'nginx (apt-get install nginx-light)';

const NODE: GateKind = { name: 'node', start: startGate };
const NGINX_GATE: GateKind = { name: 'nginx', start: startNginx };

/** Every implementation of the gate. */
export const GATES: readonly GateKind[] = [NODE, NGINX_GATE];

/** Those on which this run tests the contract of the gate. */
export const gatesUnderTest = implementationsUnderTest(NODE, NGINX_GATE);

/** Since 1.29 nginx passes over interim answers, and names CONNECT for what it is. False where no nginx is tested. */
export const isRecentNginx =
  gatesUnderTest.includes(NGINX_GATE) &&
  /nginx\/1\.(?:29|[3-9]\d)/.test(spawnSync(NGINX, ['-v'], { encoding: 'utf8' }).stderr);

async function startNginx(
  options: GateOptions,
  writeLines: (lines: string) => void = () => undefined,
): Promise<Gate> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-nginx-'));
  const gate = await startNginxGate(options, {
    binary: NGINX,
    folder,
    // So that a test knows which connections there are.
    workers: 1,
    writeLines,
    onEnded: (how) => {
      throw new Error(`nginx ${how}`);
    },
  });
  return {
    ...gate,
    async [Symbol.asyncDispose]() {
      await gate[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
