import { createServer } from 'node:net';
import type { Gate } from '../../services/gate/contract/gate.ts';
import type { Address, GateOptions } from '../../services/gate/contract/options.ts';
import { createLog } from '../../services/runtime/log.ts';
import type { GateKind } from '../support/gate/gates.ts';
import { gateOptions, SECRET } from '../support/gate/test-gate.ts';
import { startExpress } from './backends/express.ts';
import { startLenientNode } from './backends/lenient-node.ts';
import { startNginxBackend } from './backends/nginx.ts';
import type { Backend, Seen } from './backends/seen.ts';
import { DENIED, MAX_BODY_BYTES, MAX_HEADER_BYTES, routesTo } from './topology.ts';

export const BACKENDS = {
  express: startExpress,
  'lenient-node': startLenientNode,
  nginx: startNginxBackend,
} as const;

export type BackendName = keyof typeof BACKENDS;

export const BACKEND_NAMES = ['express', 'lenient-node', 'nginx'] as const satisfies readonly BackendName[];

/** One gate before one backend, and a server that no route leads to. */
export interface Arena extends AsyncDisposable {
  readonly gateName: GateKind['name'];
  readonly backendName: BackendName;
  readonly gate: Gate;
  readonly backend: Backend;
  readonly decoyPort: number;
  /** Connections to the server that nothing leads to. */
  decoyVisits: number;
  /** What the gate logged as an error of its own. */
  readonly gateErrors: string[];
  /** All that the backend saw and no one has yet asked for, by the address of its client. */
  readonly seen: Map<string, Seen[]>;
  readonly unreadable: string[];
}

export async function openArena(kind: GateKind, backendName: BackendName): Promise<Arena> {
  const stack = new AsyncDisposableStack();
  const backend = stack.use(await BACKENDS[backendName]());
  const decoy = createServer((socket) => {
    arena.decoyVisits += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => decoy.listen(0, '127.0.0.1', resolve));
  stack.defer(() => void decoy.close());
  const gateErrors: string[] = [];
  const gate = stack.use(
    await kind.start(
      hostileGateOptions(
        backend,
        createLog('gate', 'error', { write: (line) => void gateErrors.push(line) }),
      ),
    ),
  );
  const address = decoy.address();
  const arena: Arena = {
    gateName: kind.name,
    backendName,
    gate,
    backend,
    decoyPort: typeof address === 'object' && address !== null ? address.port : 0,
    decoyVisits: 0,
    gateErrors,
    seen: new Map(),
    unreadable: [],
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
  return arena;
}

/** A gate before a service with the topology of these tests. */
export function hostileGateOptions({ host, port }: Address, log = createLog('gate', 'silent')): GateOptions {
  return gateOptions({
    routes: routesTo('service', { host, port }),
    deniedPrefixes: DENIED,
    secret: SECRET,
    log,
    limits: {
      maxHeaderBytes: MAX_HEADER_BYTES,
      headerTimeoutMs: 10_000,
      maxBodyBytes: MAX_BODY_BYTES,
    },
  });
}
