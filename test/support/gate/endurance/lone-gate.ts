import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServerProcess } from '../../../bench/gate/process.ts';
import { freePorts } from '../../kit/kit.ts';
import type { GateKind } from '../gates.ts';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

/** A gate in processes of its own, as the supervisor runs it, with the limits of config. */
export interface LoneGate extends AsyncDisposable {
  readonly port: number;
  /** Proportional memory of all its processes, in MB. */
  readonly pssMb: number;
}

/** Starts it before an upstream that stands where the api does: `/api` leads there, and `/ws` for WebSockets. */
export async function startLoneGate(
  { name }: GateKind,
  upstream: { readonly port: number },
  variables: Readonly<Record<string, string>> = {},
): Promise<LoneGate> {
  const { PORT, CONTROL_PORT, WHATSAPP_BRIDGE_PORT } = await freePorts();
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-lone-gate-'));
  const server = await ServerProcess.start({
    name: `${name} gate`,
    port: PORT,
    file: process.execPath,
    args: [join(ROOT, 'services/gate/main.ts')],
    environment: {
      NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/gatehouse'),
      GATE: name,
      PORT: String(PORT),
      API_PORT: String(upstream.port),
      CONTROL_PORT: String(CONTROL_PORT),
      WHATSAPP_BRIDGE_PORT: String(WHATSAPP_BRIDGE_PORT),
      DATA_DIR: folder,
      INTERNAL_SECRET: 's9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a0',
      DRAIN_MS: '500',
      ...variables,
    },
    isService: true,
    folder,
    readyPath: '/health/live',
  });
  return {
    port: PORT,
    get pssMb() {
      return server.pssMb;
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
