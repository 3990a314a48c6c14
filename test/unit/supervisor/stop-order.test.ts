import assert from 'node:assert/strict';
import { topology } from '#config';
import { type Stoppable, stopInOrder } from '../../../services/supervisor/processes/stop-order.ts';

/** A service that records what happens to it, and closes and ends when the test says so. */
function recordService(name: string, events: string[]) {
  const [declaration] = topology;
  const closing = Promise.withResolvers<void>();
  const ending = Promise.withResolvers<boolean>();
  const announced = Promise.withResolvers<void>();
  const service: Stoppable = {
    plan: {
      declaration: { ...declaration, stopGraceMs: 30_000 },
      origin: { host: '127.0.0.1', port: 1 },
      file: '',
      args: [],
      environment: {},
      folder: '/',
      limits: { limit: 1, backoffMs: 1, backoffMaxMs: 1, stableMs: 1, readyTimeoutMs: 1 },
      run: '',
    },
    closed: closing.promise,
    announceStop: () => {
      events.push(`${name} hears that the kit stops`);
      announced.resolve();
    },
    stop: async () => {
      events.push(`${name} stops`);
      const inOrder = await ending.promise;
      events.push(`${name} has ended`);
      return inOrder;
    },
  };
  return { service, close: closing.resolve, end: ending.resolve, announced: announced.promise };
}

describe('stop, in order', () => {
  for (const [when, budgetMs, isClosing] of [
    ['as soon as the gate takes no new connections', 600_000, true],
    ['after a while where the gate does not say when that is', 30, false],
  ] as const)
    it(`tells the others ${when}, and before their turn`, async () => {
      const events: string[] = [];
      const gate = recordService('gate', events);
      const api = recordService('api', events);
      const stopped = stopInOrder([gate.service, api.service], budgetMs);
      assert.deepEqual(events, ['gate stops']);
      if (isClosing) gate.close();
      await api.announced;
      gate.end(true);
      api.end(true);
      assert.equal(await stopped, true);
      assert.deepEqual(events, [
        'gate stops',
        'api hears that the kit stops',
        'gate has ended',
        'api stops',
        'api has ended',
      ]);
    });

  it('is not in order once one service had to be killed', async () => {
    const events: string[] = [];
    const [gate, api] = [recordService('gate', events), recordService('api', events)];
    gate.end(false);
    api.end(true);
    assert.equal(await stopInOrder([gate.service, api.service], 600_000), false);
    assert.equal(events.at(-1), 'api has ended');
  });
});
