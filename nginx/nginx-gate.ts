import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Gate } from '../services/gate/contract/gate.ts';
import type { Address, GateOptions, GateRoute } from '../services/gate/contract/options.ts';
import { closeServer, listen } from '../services/runtime/http/listen.ts';
import { readAccessLines } from './access-lines.ts';
import { ErrorPageServer } from './error-page-server.ts';
import { checkConfig, NginxProcess } from './nginx-process.ts';
import { readTemplates } from './read-templates.ts';
import { renderNginxConfig } from './render-config.ts';
import { endLeftovers, prepareRuntime, removeSpool } from './work-folder.ts';

export interface NginxSettings {
  readonly binary: string;
  /** A folder of this gate alone, which is emptied. */
  readonly folder: string;
  /** Gets the lines of requests, as JSON, each with its end. */
  readonly writeLines: (lines: string) => void;
  /** Its processes that take requests; as many as there are cores, but no more than a few, when unset. */
  readonly workers?: number;
  /** nginx has ended by itself: nobody listens any more. */
  readonly onEnded: (how: string) => void;
}

const POLL_MS = 5;
const STARTS_WITHIN_MS = 10_000;

/**
 * Opens the public port with an nginx that is configured to the same contract as the gate in TypeScript. Throws
 * `port_busy`, and what nginx says against its configuration.
 */
export async function startNginxGate(options: GateOptions, settings: NginxSettings): Promise<Gate> {
  const {
    log,
    listen: { host },
  } = options;
  const address = { ...options.listen, port: await freePort(options.listen) };
  const runtime = prepareRuntime(settings.folder, settings.workers);
  const templates = readTemplates();
  const config = join(runtime.folder, 'nginx.conf');
  const accessPipe = join(runtime.folder, 'access');
  const write = async (routes: readonly GateRoute[]) => {
    const text = renderNginxConfig({ ...options, routes, listen: address }, runtime, templates);
    // It holds the boot secret.
    writeFileSync(config, text, { mode: 0o600 });
    await checkConfig(settings.binary, config, accessPipe);
  };
  for (const name of ['answers', 'unused']) mkdirSync(join(runtime.folder, name));
  using cleanup = new DisposableStack();
  cleanup.use(readAccessLines(accessPipe, settings.writeLines));
  const errorPages = cleanup.adopt(new ErrorPageServer(options), (opened) => opened.close());
  await new Promise<void>((resolve) => errorPages.server.listen(join(runtime.folder, 'process'), resolve));
  await write(options.routes);
  const nginx = NginxProcess.start(settings.binary, config, log);
  void nginx.ended.then((how) => {
    // Its workers would go on, and hold the port.
    endLeftovers(runtime.folder);
    if (!nginx.isStopping) settings.onEnded(how);
  });
  await untilListening(address, nginx);
  log.info({ host, port: address.port }, `gate listening on port ${address.port} (nginx)`);
  const besideNginx = cleanup.move();
  const end = async (withinMs: number) => {
    await nginx.quit(withinMs);
    besideNginx.dispose();
    removeSpool(runtime.folder);
  };
  let updating = Promise.resolve();
  const update = async (routes: readonly GateRoute[]) => {
    await write(routes);
    errorPages.updateRoutes(routes);
    nginx.reload();
  };
  return {
    ...address,
    updateRoutes: (routes) => {
      updating = updating
        .then(() => update(routes))
        .catch((error: unknown) => log.error({ err: error }, 'nginx stays with the addresses that it had'));
    },
    drain: (withinMs = options.drainMs) => end(withinMs),
    [Symbol.asyncDispose]: () => end(0),
  };
}

/** Asked of the system first: nginx itself would try for seconds, and say less. */
async function freePort({ host, port, isShared = false }: GateOptions['listen']): Promise<number> {
  // A look at a port that is shared would take connections from the other gate, and lose them.
  if (isShared && port !== 0) return port;
  const probe = createServer();
  const got = await listen(probe, port, host);
  await closeServer(probe, 0);
  return got;
}

async function untilListening({ host, port }: Address, nginx: NginxProcess): Promise<void> {
  const until = performance.now() + STARTS_WITHIN_MS;
  const ended = nginx.ended.then((how) => {
    throw new Error(`nginx ${how} before it listened: its lines above say why`);
  });
  ended.catch(() => 'who watches it later hears of its end');
  while (!(await Promise.race([accepts(host, port), ended]))) {
    if (performance.now() > until) throw new Error(`nginx did not listen within ${STARTS_WITHIN_MS} ms`);
    await sleep(POLL_MS);
  }
}

/** Whether anybody takes connections there. */
export function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(port, host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host);
    probe.once('connect', () => resolve(true));
    probe.once('error', () => resolve(false));
    probe.once('close', () => resolve(false));
    probe.once('connect', () => probe.destroy());
  });
}
