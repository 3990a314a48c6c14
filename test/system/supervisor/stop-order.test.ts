import assert from 'node:assert/strict';
import { stopInOrder } from '../../../services/supervisor/processes/stop-order.ts';
import { until } from '../../support/kit/kit.ts';
import { SERVER, startService } from '../../support/supervisor/start-service.ts';

/** Says what it is told, does `onStop` when its turn has come, and ends when it is told `go`. */
const serviceThat = (onStop: string) => `${SERVER}
process.on('message', (message) => {
  if (message === 'go') process.exit();
  console.log(message.type ?? message);
  if (message.type === 'gatehouse:stop') { ${onStop} }
});
`;

describe('stop, in order', () => {
  // Killed after the 1,000 ms of its declaration, the gate would not have ended in order.
  const gates = [
    [
      'as soon as the gate takes no new connections',
      10_000,
      "console.log('closed'); process.send('gatehouse:closed');",
    ],
    ['after a while where the gate does not say when that is', 1_500, ''],
    [
      'no sooner where the gate has said so before, of a restart',
      1_500,
      '',
      "process.send('gatehouse:closed');",
    ],
  ] as const;
  for (const [when, budgetMs, onStop, atStart = ''] of gates)
    it(`tells the others ${when}, and before their turn`, async () => {
      const gate = await startService(serviceThat(onStop) + atStart, {}, { kit: true });
      const api = await startService(serviceThat('process.exit();'), {}, { kit: true });
      await Promise.all([gate.service.firstReady, api.service.firstReady]);

      const from = performance.now();
      const stopped = stopInOrder([gate.service, api.service], budgetMs);
      assert.deepEqual(api.lines, []);
      await until('the api hears of it', () => api.lines.length > 0, 5_000);
      if (onStop === '') assert.ok(performance.now() - from > 400, 'the api heard of it too soon');
      assert.match(gate.lines.join(''), onStop === '' ? /stop/ : /stop[\s\S]*closed/);
      gate.service.send('go');

      assert.equal(await stopped, true);
      assert.match(api.lines.join(''), /gatehouse:kit-stops[\s\S]*gatehouse:stop/);
    });
});
