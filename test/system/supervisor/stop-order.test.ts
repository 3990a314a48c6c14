import assert from 'node:assert/strict';
import { stopInOrder } from '../../../services/supervisor/processes/stop-order.ts';
import { SERVER, startService } from '../../support/supervisor/start-service.ts';
import { until } from '../../support/until.ts';

const GRACE_MS = 30_000;
/** Prints each message; closes on `close` and ends on `go`. Says once at its start that it has closed, as after a restart. */
const GATE = `${SERVER}
process.send('gatehouse:closed');
process.on('message', (message) => {
  if (message === 'go') process.exit();
  if (message === 'close') process.send('gatehouse:closed');
  console.log(message.type ?? message);
});
`;
const API = `${SERVER}
process.on('message', (message) => {
  console.log(message.type ?? message);
  if (message.type === 'gatehouse:stop') process.exit();
});
`;

describe('stop, in order, of real processes', () => {
  it('counts the gate as closed only once it says so of this stop, and tells the api before its turn', async () => {
    const [gate, api] = await Promise.all([
      startService(GATE, {}, { kit: true }),
      startService(API, {}, { kit: true }),
    ]);
    const { plan } = gate.service;
    gate.service.plan = { ...plan, declaration: { ...plan.declaration, stopGraceMs: GRACE_MS } };
    await Promise.all([gate.service.firstReady, api.service.firstReady]);
    let hasClosed = false;
    const closed = gate.service.closed.then(() => {
      hasClosed = true;
    });

    const stopped = stopInOrder([gate.service, api.service], GRACE_MS);
    await until('the gate hears of it', () => gate.lines.join('').includes('gatehouse:stop'));
    assert.equal(hasClosed, false);
    gate.service.send('close');
    await closed;
    await until('the api hears of it', () => api.lines.length > 0);
    gate.service.send('go');

    assert.equal(await stopped, true);
    assert.match(api.lines.join(''), /gatehouse:kit-stops[\s\S]*gatehouse:stop/);
  });
});
