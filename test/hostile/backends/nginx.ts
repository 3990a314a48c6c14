import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../../support/free-port.ts';
import { exchangeRaw } from '../../support/gate/test-gate.ts';
import type { Header } from '../strict-reading.ts';
import { type Backend, caseIdOf, type Seen } from './seen.ts';

const TEMPLATE = readFileSync(new URL('nginx.conf', import.meta.url), 'utf8');
/** Written once a request is answered, so what it is busy with is not known: it gets this long to say more. */
const QUIET_MS = 40;

/** A real nginx. What it saw stands in its access log. */
export async function startNginxBackend(): Promise<Backend> {
  const folder = mkdtempSync(join(tmpdir(), 'hostile-'));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const conf = join(folder, 'nginx.conf');
  writeFileSync(conf, TEMPLATE.replaceAll('{{FOLDER}}', folder).replaceAll('{{PORT}}', String(port)));
  const nginx = spawn('nginx', ['-p', folder, '-e', join(folder, 'error.log'), '-c', conf], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const endIt = (): void => void nginx.kill('SIGTERM');
  process.once('exit', endIt);
  await started(nginx, port);
  const log = await open(join(folder, 'seen'), 'r');
  let partial = '';
  let lastMs = 0;

  async function readNew(): Promise<string[]> {
    const { buffer, bytesRead } = await log.read(Buffer.alloc(1 << 20), 0, 1 << 20, null);
    if (bytesRead === 0) return [];
    lastMs = performance.now();
    const lines = (partial + buffer.toString('latin1', 0, bytesRead)).split('\n');
    partial = lines.pop() ?? '';
    return [...lines, ...(await readNew())];
  }

  return {
    name: 'nginx',
    host: '127.0.0.1',
    port,
    async collect() {
      const entries = (await readNew())
        .map(readEntry)
        .filter((entry) => typeof entry === 'string' || !isProbe(entry));
      return {
        seen: entries.filter((entry) => typeof entry !== 'string'),
        unreadable: entries.filter((entry) => typeof entry === 'string'),
        isBusy: performance.now() - lastMs < QUIET_MS,
      };
    },
    async [Symbol.asyncDispose]() {
      await log.close();
      process.off('exit', endIt);
      endIt();
      if (nginx.exitCode === null && nginx.signalCode === null) await once(nginx, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function started(nginx: ChildProcess, port: number): Promise<void> {
  let failure: Error | undefined;
  nginx.once('error', (error) => {
    failure = new Error('no nginx: apt-get install nginx-light (Debian), brew install nginx', {
      cause: error,
    });
  });
  nginx.once('exit', (status) => {
    failure ??= new Error(`nginx exited with ${status}`);
  });
  const probe = 'GET /none HTTP/1.1\r\nHost: h\r\nX-Real-IP: 127.0.0.1\r\n\r\n';
  while ((await exchangeRaw(port, probe)).status !== 404) {
    if (failure !== undefined) throw failure;
    await setTimeout(10);
  }
}

function isProbe({ address, target }: Seen): boolean {
  return address === '127.0.0.1' && target === '/none';
}

/** A line of the log, or, where nginx could not read the request, the request as it came. */
function readEntry(line: string): Seen | string {
  const entry: unknown = JSON.parse(line);
  const text = (name: string) => textIn(entry, name);
  if (text('method') === '') return text('request');
  const given = typeof entry === 'object' && entry !== null && 'headers' in entry ? entry.headers : {};
  const headers = Object.entries(given ?? {}).flatMap(([name, value]): Header[] =>
    typeof value === 'string' && value !== '' ? [[name, value]] : [],
  );
  return {
    address: text('address'),
    caseId: caseIdOf(text('case')),
    method: text('method'),
    target: text('target'),
    zone: text('zone'),
    resolved: text('resolved'),
    headers,
    hasAllHeaders: false,
    body: text('body'),
    trailers: 0,
    // Without its answer the body was not read to its end.
    isWhole: text('status') === '200',
    isRefused: text('status') === '400',
  };
}

function textIn(entry: unknown, name: string): string {
  const values = typeof entry === 'object' && entry !== null ? Object.entries(entry) : [];
  const value: unknown = values.find(([each]) => each === name)?.[1];
  return typeof value === 'string' ? value : '';
}
