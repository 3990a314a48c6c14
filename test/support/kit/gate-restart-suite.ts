import assert from 'node:assert/strict';
import { hasEnded, listProcesses, signalProcess } from '../../../services/runtime/process/process-table.ts';
import type { GateKind } from '../gate/gates.ts';
import { tellFigures } from '../tell-figures.ts';
import { type Kit, NO_BROWSER, startKit } from './kit.ts';
import { type Exchange, Load } from './load.ts';

const CLIENTS = 50;
const HOLD_MS = '60000';

/** What of a gate can be killed. */
const VICTIMS: Readonly<Record<GateKind['name'], readonly Victim[]>> = {
  node: [['its process', gateOf, true]],
  nginx: [
    ['the master', masterOf, true],
    ['a worker', (kit) => childOf(masterOf(kit)), false],
    ['the process that runs nginx', gateOf, true],
  ],
};
type Victim = readonly [what: string, find: (kit: Kit) => number, endsGate: boolean];

interface RestartOptions {
  /** Up to so long each client waits between two requests. */
  readonly pauseMs: number;
  /** How often the api is asked to end, and killed. */
  readonly restarts: number;
}

/** The tests of a kit under load whose gate and api end and come back. */
export function describeRestarts(name: GateKind['name'], { pauseMs, restarts }: RestartOptions): void {
  describe(`kit under the load of ${CLIENTS} clients (${name} gate)`, () => {
    let kit: Kit;
    before(async () => {
      // No browser: what is sent waits in the outbox. And a run of half a second is no crash loop.
      const env = { GATE: name, ...NO_BROWSER, RESTART_STABLE_MS: '500' };
      // That what waits is held is the point, not how long an api takes to start on a machine that is busy.
      const held = { OUTBOX_MAX_WAITING: '1000000', GATE_HOLD_MS: HOLD_MS };
      kit = await (await startKit({ args: ['start'], env: { ...env, ...held } })).up();
    });
    after(() => kit?.[Symbol.asyncDispose]());

    for (const [what, find, endsGate] of VICTIMS[name]) {
      it(`has its port back after kill -9 of ${what}, and no other process notices`, async () => {
        await using load = await startLoad();
        const others = pidsBesideGate(kit);
        const [gate, victim] = [gateOf(kit), find(kit)];
        // The master answers for a moment after the process that runs it has ended.
        const listener = name === 'nginx' && endsGate ? masterOf(kit) : victim;

        const killedMs = performance.now();
        signalProcess(victim, 'SIGKILL');
        await kit.until(
          'it is dead',
          () => hasEnded(victim) && hasEnded(listener) && (gateOf(kit) !== gate || !endsGate),
        );
        await kit.until('the port is back', async () => (await fetch(`${kit.origin}/health/live`)).ok);
        const backMs = performance.now();
        await kit.until('all clients are served again', () => load.servedSince(backMs) === CLIENTS);

        assert.deepEqual(pidsBesideGate(kit), others);
        assert.deepEqual(faultsOf(load.since(backMs), backMs), []);
        tellFigures(
          `kill -9 of ${what} (${name} gate)`,
          `the port is back after ${(backMs - killedMs).toFixed(0)} ms`,
        );
      });
    }

    it('answers all when the api is asked to end and comes back', async () => {
      for (let turn = 0; turn < restarts; turn += 1) {
        const { load, askedMs } = await restartApi('SIGTERM');
        assert.deepEqual(faultsOf(load.exchanges, askedMs), []);
        tellFigures(
          `the api asked to end (${name} gate)`,
          `${load.exchanges.length} requests, the longest took ${longest(load.exchanges)}`,
        );
      }
    });

    it('fails nothing but what a killed api had begun, and holds the rest', async () => {
      for (let turn = 0; turn < restarts; turn += 1) {
        const { load, askedMs, deadMs } = await restartApi('SIGKILL');
        const begun = load.exchanges.filter(
          ({ startedMs, endedMs }) => startedMs <= deadMs && endedMs >= askedMs,
        );
        const others = load.exchanges.filter((exchange) => !begun.includes(exchange));
        assert.deepEqual(faultsOf(others, deadMs), []);
        // Told as what it is, on a connection that goes on.
        const told = begun.filter(isFault).map(({ status, answer }) => `${status} ${codeOf(answer)}`);
        assert.deepEqual(
          told.filter((text) => text !== '502 service_refused'),
          [],
        );
        const failed = (method: string) =>
          begun.filter((one) => isFault(one) && one.method === method).length;
        tellFigures(
          `kill -9 of the api (${name} gate)`,
          `${begun.length} in the dying api, of which ${failed('GET')} GETs and ${failed('POST')} POSTs got 502; ${load.since(deadMs).length} later, all answered, the longest took ${longest(load.since(deadMs))}`,
        );
      }
    });

    async function startLoad(): Promise<Load> {
      const load = new Load(kit.origin, CLIENTS, { pauseMs });
      await kit.until('all clients are served', () => load.servedSince(0) === CLIENTS);
      return load;
    }

    /** Ends the api under load, and waits until its next life has served for a while. Gives the load, which has ended. */
    async function restartApi(signal: 'SIGTERM' | 'SIGKILL') {
      const api = kit.pidOf('api');
      await using load = await startLoad();
      const askedMs = performance.now();
      signalProcess(api, signal);
      await kit.until('the api is dead', () => hasEnded(api));
      const deadMs = performance.now();
      await kit.until('the api is another process', () => kit.pidOf('api') !== api);
      await kit.until('the api answers', async () => (await fetch(`${kit.origin}/api/whatsapp/status`)).ok);
      const backMs = performance.now();
      await kit.until('all clients are served again', () => load.servedSince(backMs) === CLIENTS);
      return { load, askedMs, deadMs };
    }
  });
}

/** What was not answered as it should be, and when it began. */
function faultsOf(exchanges: readonly Exchange[], momentMs: number): string[] {
  return exchanges
    .filter(isFault)
    .map(
      ({ method, status, startedMs, answer }) =>
        `${method} ${status} ${codeOf(answer)} at ${(startedMs - momentMs).toFixed(1)} ms`,
    );
}

function isFault({ status }: Exchange): boolean {
  return status !== 200 && status !== 202;
}

/** Of a problem document; what is none, as it is. */
function codeOf(answer: string): string {
  return /"code":"([^"]*)/.exec(answer)?.[1] ?? answer;
}

function longest(exchanges: readonly Exchange[]): string {
  return `${Math.max(...exchanges.map(({ startedMs, endedMs }) => endedMs - startedMs)).toFixed(0)} ms`;
}

function gateOf(kit: Kit): number {
  return kit.pidOf('gate');
}

function masterOf(kit: Kit): number {
  return childOf(gateOf(kit));
}

function childOf(pid: number): number {
  const child = listProcesses().find(({ parent, isZombie }) => parent === pid && !isZombie);
  if (child === undefined) throw new Error(`${pid} has no child`);
  return child.pid;
}

/** All of the kit but the gate's session, the supervisor included. */
function pidsBesideGate(kit: Kit): number[] {
  const gate = gateOf(kit);
  const rows = listProcesses();
  const own = new Set(kit.processes);
  return rows
    .filter(({ pid, session }) => (own.has(pid) && session !== gate) || pid === kit.child.pid)
    .map(({ pid }) => pid);
}
