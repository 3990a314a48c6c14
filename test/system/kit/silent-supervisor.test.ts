import assert from 'node:assert/strict';
import { signalProcess } from '../../../services/runtime/process/process-table.ts';
import { GATES } from '../../support/gate/gates.ts';
import { type Kit, NO_BROWSER, startKit } from '../../support/kit/kit.ts';

/** With their paths, several times what the gate keeps of a log that nobody reads. */
const REQUESTS = 4_000;
const AT_ONCE = 20;
const LONG_PATH = `/api/${'x'.repeat(1_000)}`;

for (const { name } of GATES)
  describe(`kit, whose supervisor is suspended (${name} gate)`, () => {
    let kit: Kit;
    let supervisor: number;
    before(async () => {
      kit = await (await startKit({ args: ['start'], env: { GATE: name, ...NO_BROWSER } })).up();
      supervisor = kit.child.pid ?? 0;
      signalProcess(supervisor, 'SIGSTOP');
    });
    after(async () => {
      if (kit !== undefined) signalProcess(supervisor, 'SIGCONT');
      await kit?.[Symbol.asyncDispose]();
    });

    it('answers thousands of requests: a log that nobody reads holds up nobody', async () => {
      const statuses = new Map<number, number>();
      let left = REQUESTS;
      const client = async () => {
        while (left-- > 0) {
          const response = await fetch(`${kit.origin}${LONG_PATH}`);
          await response.arrayBuffer();
          statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, client));
      assert.deepEqual([...statuses], [[404, REQUESTS]]);
    });

    it('says on /health that the supervisor does not answer, and that the gate is alive', async () => {
      const response = await fetch(`${kit.origin}/health`);
      const { code, detail } = await response.json();
      assert.deepEqual([response.status, code], [503, 'supervisor_silent']);
      assert.match(detail, /^supervisor did not answer/);
      assert.equal((await fetch(`${kit.origin}/health/live`)).status, 200);
    });

    it('is well again when the supervisor goes on, and its log says how many lines it lacks', async () => {
      signalProcess(supervisor, 'SIGCONT');
      await kit.until('the health is told again', async () => (await fetch(`${kit.origin}/health`)).ok);
      await kit.until('the log says what is missing', () => linesOf(kit.output).dropped > 0);
      await kit.until('each request is in the log, or counted', () => {
        const { requests, dropped } = linesOf(kit.output);
        return requests + dropped >= REQUESTS;
      });
      assert.equal(await kit.stop(), 0);
      assert.doesNotMatch(kit.output, /"level":"fatal"/);
    });
  });

/** Requests in a log, and the lines that it says it has dropped. */
function linesOf(output: string): { requests: number; dropped: number } {
  const counts = [...output.matchAll(/"name":"gate","dropped":(\d+)/g)];
  return {
    requests: output.split(`"path":"${LONG_PATH}"`).length - 1,
    dropped: counts.reduce((sum, [, count]) => sum + Number(count), 0),
  };
}
