import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { forkUpstream } from '../../../support/gate/endurance/forked-upstream.ts';
import { startLoneGate } from '../../../support/gate/endurance/lone-gate.ts';
import type { Habit, Seen } from '../../../support/gate/endurance/restless-upstream.ts';
import { GATES } from '../../../support/gate/gates.ts';
import { tellFigures } from '../../../support/tell-figures.ts';

/** For each gate. `ENDURANCE_REQUESTS=100000` for the long run. */
const REQUESTS = Number(process.env.ENDURANCE_REQUESTS ?? 15_000);
/** So often it is all asked again while none of the races was met, or few connections were used again: chance decides. */
const MOST_REPEATS = 100;
/** A client waits up to so long before it asks again, so that connections to the upstream become idle. */
const PAUSE_MS = 6;

/** With so many clients that connections are idle for as long as the upstream keeps them, and with many. */
const HABITS: readonly (readonly [Habit, clients: number, isRace: boolean])[] = [
  ['closes idle connections within 5 ms', 8, true],
  ['closes after some requests, unannounced', 32, true],
  ['closes after some requests, as it has said', 32, false],
];

for (const gate of GATES) {
  describe(`gate, on reused connections to an upstream that closes them (${gate.name} gate)`, function () {
    this.timeout(600_000 + REQUESTS * 10);
    for (const [habit, clients, isRace] of HABITS) {
      const count = Math.ceil(REQUESTS / HABITS.length);
      it(`answers each of ${count} GETs when it ${habit}`, async () => {
        await using upstream = await forkUpstream<Seen>('restless-upstream.ts', habit);
        await using lone = await startLoneGate(gate, upstream);
        const since = performance.now();

        const faults = await askMany(lone.port, count, clients);
        let asked = count;
        let { connections, tooLate } = await upstream.ask();
        // Else nothing was put to the test. Chance decides, and how busy the machine is.
        for (
          let more = 1;
          isRace && !(tooLate > 0 && asked - connections > count / 10) && more <= MOST_REPEATS;
          more += 1
        ) {
          faults.push(...(await askMany(lone.port, count, clients)));
          asked += count;
          ({ connections, tooLate } = await upstream.ask());
        }

        const seconds = (performance.now() - since) / 1000;
        const figures = `${asked} answers in ${seconds.toFixed(1)} s over ${connections} connections to the upstream, at least ${tooLate} sent too late for theirs`;
        assert.deepEqual(faults, []);
        assert.ok(
          connections > asked / 40 && asked - connections > count / 10 && tooLate > 0 === isRace,
          figures,
        );
        tellFigures(`an upstream that ${habit} (${gate.name} gate)`, figures);
      });
    }
  });
}

/** Asks so often, over kept connections. Gives what came other than the right answer. */
async function askMany(port: number, count: number, clients: number): Promise<string[]> {
  const faults: string[] = [];
  let left = count;
  async function beClient(name: number): Promise<void> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let received = '';
    let wake: () => void = () => undefined;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      received += text;
      wake();
    });
    socket.on('error', (error) => faults.push(String(error)));
    socket.on('close', () => wake());
    for (let turn = 0; left > 0; turn += 1) {
      left -= 1;
      const path = `/api/${name}-${turn}`;
      received = '';
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      while (!socket.closed && !received.endsWith(`\r\n\r\n${path}`) && !/^HTTP\/1.1 [345]/.test(received))
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      if (!/^HTTP\/1.1 200 /.test(received)) faults.push(`${path}: ${received}`);
      if (socket.closed) break;
      await sleep(Math.random() * PAUSE_MS);
    }
    socket.destroy();
  }
  await Promise.all(Array.from({ length: clients }, (_, name) => beClient(name)));
  if (left > 0) faults.push(`${left} were not even sent: all connections broke`);
  return faults;
}
