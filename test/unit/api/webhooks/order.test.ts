import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { freshSqlite } from '../../../support/api/databases.ts';
import { Receiver, type ReceiverAnswer, withStatus } from '../../../support/api/webhooks/receiver.ts';
import { WebhookWorld } from '../../../support/api/webhooks/webhook-world.ts';
import { AMPLE_MS } from '../../../support/api/world.ts';

describe('webhooks, with a receiver that misbehaves by chance', () => {
  it('keep the order through failures of every kind', async () => {
    const seed = randomInt(2 ** 31);
    const random = randomBy(seed);
    let stalls = 0;
    // Only so often, and then the limit is lifted: a slow machine must not exceed it each time.
    const stalling = (stall: ReceiverAnswer): ReceiverAnswer => {
      return (event, response, n) => {
        stalls += 1;
        if (stalls === 6) world.timeoutMs = AMPLE_MS;
        return stalls > 6 ? withStatus(500)(event, response, n) : stall(event, response, n);
      };
    };
    const kinds: readonly ReceiverAnswer[] = [
      withStatus(200),
      withStatus(200),
      withStatus(500),
      withStatus(302, { location: '/elsewhere' }),
      (_event, response) => void response.socket?.resetAndDestroy(),
      stalling((_event, response) => void response.writeHead(200, { 'content-length': 10 }).flushHeaders()),
      stalling(() => undefined),
    ];
    await using world = await WebhookWorld.start(await freshSqlite(), { timeoutMs: 50, retryMs: 1 });
    let failures = 0;
    await using receiver = await Receiver.start((event, response, n) => {
      // Each failure doubles the wait before the next try: five in a row are 31 ms, twenty a quarter of an hour.
      const kind = failures === 5 ? 0 : random() % kinds.length;
      failures = kind < 2 ? 0 : failures + 1;
      return kinds[kind]?.(event, response, n);
    });
    const { id } = await world.create(receiver.url);
    const seqs = await world.append(20);
    await world.becomes(id, { lag: 0 });
    assert.deepEqual(receiver.distinct, seqs, `seed ${seed}`);
    assert.deepEqual(
      receiver.seqs,
      receiver.seqs.toSorted((a, b) => a - b),
      `seed ${seed}`,
    );
  });
});

/** Numbers by chance, the same for a seed. Source: the generator of Numerical Recipes. */
function randomBy(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
}
