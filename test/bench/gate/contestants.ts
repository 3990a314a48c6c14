import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GATES, type GateKind } from '../../support/gate/gates.ts';
import { freePorts } from '../../support/kit/kit.ts';
import { startMinimalNginx } from './nginx.ts';
import { type Measured, ServerProcess } from './process.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The proxies of the field; see `peer.ts`. */
const PEERS = ['http-proxy-middleware', '@fastify/http-proxy', 'fast-proxy'] as const;

/** The limits of one client are counted, as on a public server; here one client is all of the load. */
const UNREACHED_LIMITS = {
  GATE_CLIENT_RATE: '1000000',
  GATE_CLIENT_BURST: '1000000',
  GATE_CLIENT_CONCURRENCY: '60000',
};

/** What the gates are measured against. */
export type Opponent = 'minimal nginx' | (typeof PEERS)[number] | 'no proxy';

/** What stands between the client and one backend, each in a process of its own. */
export interface Contestants extends AsyncDisposable {
  readonly gates: ReadonlyMap<GateKind['name'], ServerProcess>;
  readonly opponents: ReadonlyMap<Opponent, Measured>;
}

/** Starts all of them before a backend, which answers GET `readyPath` with 200. */
export async function startContestants(
  backend: Measured,
  folder: string,
  readyPath: string,
): Promise<Contestants> {
  await using stack = new AsyncDisposableStack();
  const gates = new Map<GateKind['name'], ServerProcess>();
  for (const { name } of GATES)
    gates.set(name, stack.use(await startGateProcess(name, backend.port, folder, readyPath)));
  const opponents = new Map<Opponent, Measured>();
  opponents.set('minimal nginx', stack.use(await startMinimalNginx(backend.port, folder, readyPath)));
  for (const name of PEERS)
    opponents.set(name, stack.use(await startPeer(name, backend.port, folder, readyPath)));
  opponents.set('no proxy', backend);
  const started = stack.move();
  return { gates, opponents, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

/** A gate as the supervisor runs it, with a log line for each request; the backend stands where the api does. */
export async function startGateProcess(
  kind: GateKind['name'],
  backendPort: number,
  folder: string,
  readyPath: string,
): Promise<ServerProcess> {
  const { PORT, CONTROL_PORT, WHATSAPP_BRIDGE_PORT } = await freePorts();
  return ServerProcess.start({
    name: `${kind} gate`,
    port: PORT,
    file: process.execPath,
    args: [join(ROOT, 'services/gate/main.ts')],
    environment: {
      NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/gatehouse'),
      GATE: kind,
      PORT: String(PORT),
      API_PORT: String(backendPort),
      CONTROL_PORT: String(CONTROL_PORT),
      WHATSAPP_BRIDGE_PORT: String(WHATSAPP_BRIDGE_PORT),
      DATA_DIR: join(folder, `gate-${PORT}`),
      API_KEYS: 'k9f86d081884c7d659a2feaa0c55ad01',
      INTERNAL_SECRET: 's9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a0',
      GATE_MAX_BODY_BYTES: String(1024 ** 3),
      ...UNREACHED_LIMITS,
    },
    isService: true,
    folder,
    readyPath,
  });
}

async function startPeer(
  name: (typeof PEERS)[number],
  backendPort: number,
  folder: string,
  readyPath: string,
): Promise<ServerProcess> {
  const { PORT } = await freePorts();
  return ServerProcess.start({
    name,
    port: PORT,
    file: process.execPath,
    args: [join(import.meta.dirname, 'peer.ts'), name, String(PORT), String(backendPort)],
    folder,
    readyPath,
  });
}
