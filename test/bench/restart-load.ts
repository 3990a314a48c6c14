import { hasEnded, signalProcess } from '../../services/runtime/process/process-table.ts';
import { GATE_VICTIMS, gateOf, masterOf } from '../support/kit/gate-processes.ts';
import { type Kit, NO_BROWSER, startKit } from '../support/kit/kit.ts';
import { Load } from '../support/kit/load.ts';
import { type Figure, toFigure } from './figure.ts';
import { summary } from './median.ts';
import { untilLived } from './until-lived.ts';

const RUNS = 5;
const CLIENTS = 50;
const GATE_NAMES = ['node', 'nginx'] as const;
type GateName = (typeof GATE_NAMES)[number];

/** A kit under 50 clients: how long its port is gone after kill -9 of the gate, and how long they wait for a new api. */
export async function* measureRestartUnderLoad(): AsyncGenerator<Figure> {
  for (const name of GATE_NAMES) {
    await using kit = await (
      await startKit({
        args: ['start'],
        env: { ...NO_BROWSER, GATE: name, RESTART_STABLE_MS: '200', OUTBOX_MAX_WAITING: '1000000' },
      })
    ).up();
    yield* measurePort(kit, name);
    yield* measureApi(kit, name);
  }
}

/** From kill -9 of what holds the port until the port answers again, under load and without. */
async function* measurePort(kit: Kit, name: GateName): AsyncGenerator<Figure> {
  for (const [what, find, endsGate] of GATE_VICTIMS[name]) {
    if (!endsGate) continue;
    const back = async () => {
      const [victim, gate] = [find(kit), gateOf(kit)];
      const listener = name === 'nginx' ? masterOf(kit) : victim;
      const from = performance.now();
      signalProcess(victim, 'SIGKILL');
      await kit.until('it is dead', () => hasEnded(victim) && hasEnded(listener) && gateOf(kit) !== gate);
      await kit.until('the port answers', async () => (await fetch(`${kit.origin}/health/live`)).ok);
      return performance.now() - from;
    };
    const [loaded, quiet]: [number[], number[]] = [[], []];
    for (let run = 0; run < RUNS; run += 1) {
      await untilLived(kit, 'gate');
      quiet.push(await back());
      await untilLived(kit, 'gate');
      await using _load = await startLoad(kit);
      loaded.push(await back());
    }
    yield toFigure({
      what: `${name} gate, port back after kill -9 of ${what}, under ${CLIENTS} clients`,
      value: loaded,
      unit: 'ms',
      peer: `without clients, ${summary(quiet, 'ms')}`,
    });
  }
}

/** The longest that a client waits while the api is asked to end and comes back. Throws when a request fails. */
async function* measureApi(kit: Kit, name: GateName): AsyncGenerator<Figure> {
  const [longest, before]: [number[], number[]] = [[], []];
  let requests = 0;
  for (let run = 0; run < RUNS; run += 1) {
    await untilLived(kit, 'api');
    await using load = await startLoad(kit);
    const [api, from] = [kit.pidOf('api'), performance.now()];
    before.push(longestOf(load));
    signalProcess(api, 'SIGTERM');
    await kit.until('the api is another process', () => hasEnded(api) && kit.pidOf('api') !== api);
    await kit.until('the api answers', async () => (await fetch(`${kit.origin}/api/whatsapp/status`)).ok);
    const backMs = performance.now();
    await kit.until('all clients are served again', () => load.servedSince(backMs) === CLIENTS);
    await load[Symbol.asyncDispose]();
    const failed = load.exchanges.find(({ status }) => status !== 200 && status !== 202);
    if (failed !== undefined)
      throw new Error(`a ${failed.method} was answered ${failed.status}: ${failed.answer}`);
    requests += load.since(from).length;
    longest.push(longestOf(load));
  }
  yield toFigure({
    what: `${name} gate, longest wait of ${CLIENTS} clients while the api restarts in order`,
    value: longest,
    unit: 'ms',
    note: `none of ${requests} requests failed`,
    peer: `the longest before it, ${summary(before, 'ms')}`,
  });
}

async function startLoad(kit: Kit): Promise<Load> {
  const load = new Load(kit.origin, CLIENTS);
  await kit.until('all clients are served', () => load.servedSince(0) === CLIENTS);
  return load;
}

function longestOf({ exchanges }: Load): number {
  return Math.max(...exchanges.map(({ startedMs, endedMs }) => endedMs - startedMs));
}
