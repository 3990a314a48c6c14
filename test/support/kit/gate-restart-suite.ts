import assert from 'node:assert/strict';
import { hasEnded, listProcesses, signalProcess } from '../../../services/runtime/process/process-table.ts';
import type { GateKind } from '../gate/gates.ts';
import { GATE_VICTIMS, gateOf, masterOf } from './gate-processes.ts';
import { type Kit, NO_BROWSER, startKit } from './kit.ts';
import { type Exchange, Load } from './load.ts';

const CLIENTS = 50;
const HOLD_MS = '60000';

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

    for (const [what, find, endsGate] of GATE_VICTIMS[name]) {
      it(`has its port back after kill -9 of ${what}, and no other process notices`, async () => {
        await using load = await startLoad();
        const others = pidsBesideGate(kit);
        const [gate, victim] = [gateOf(kit), find(kit)];
        // The master answers for a moment after the process that runs it has ended.
        const listener = name === 'nginx' && endsGate ? masterOf(kit) : victim;

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
      });
    }

    it('answers all when the api is asked to end and comes back', async () => {
      for (let turn = 0; turn < restarts; turn += 1) {
        const { load, askedMs } = await restartApi('SIGTERM');
        assert.deepEqual(faultsOf(load.exchanges, askedMs), []);
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

/**
 * The supervisor, and each process that it has started, but the gate: their own children come and go (the bridge without
 * a browser tries one again and again).
 */
function pidsBesideGate(kit: Kit): number[] {
  const gate = gateOf(kit);
  return listProcesses()
    .filter(({ pid, parent }) => pid === kit.child.pid || (parent === kit.child.pid && pid !== gate))
    .map(({ pid }) => pid);
}
