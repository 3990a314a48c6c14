import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { closeServer, listen } from '../../../../services/runtime/http/listen.ts';
import { freshSqlite } from '../../../support/api/databases.ts';
import { assertBridgeTakes } from '../../../support/api/outbox/accepted-bodies.ts';
import { ANN, SendWorld } from '../../../support/api/outbox/send-world.ts';

const SEED = Number(process.env.FC_SEED ?? Date.now() % 1_000_000);

describe('whatever the api accepts', () => {
  it(`is a body that the bridge takes (seed ${SEED})`, () => assertBridgeTakes(SEED, 100));

  for (const [characters, taken] of [
    [128, true],
    [129, false],
    [206, false],
  ] as const)
    it(`${taken ? 'may' : 'may not'} be a URL that states a type of ${characters} characters`, async () => {
      const server = createServer((_request, response) =>
        response.writeHead(200, { 'content-type': `image/${'x'.repeat(characters - 6)}` }).end('hi'),
      );
      const url = `http://127.0.0.1:${await listen(server, 0, '127.0.0.1')}/a`;
      await using world = await SendWorld.start(await freshSqlite());
      const { status, body } = await world.sendAsync({ chat_id: ANN, media: { url } });
      await closeServer(server, 0);
      if (taken) return assert.equal(status, 202, JSON.stringify(body));
      assert.deepEqual([status, body.code, body.errors[0].field], [422, 'media_unusable', 'media.url']);
      assert.match(body.detail, new RegExp(`type of ${characters} characters.*128`));
      assert.deepEqual(await world.counts(), { messages: 0, media: 0, keys: 0 });
    });

  for (const [what, id, status] of [
    ['an id whose chat has 128 characters', `false_${'1'.repeat(123)}@g.us_3EB0AA`, 202],
    ['an id of 220 whose chat is longer than that', `false_${'1'.repeat(202)}@g.us_3EB0AA`, 400],
    ['an id of more than 256', `false_${ANN}_${'A'.repeat(300)}`, 400],
    ['an id with a space', `false_${ANN}_A A`, 400],
  ] as const)
    it(`${status === 202 ? 'may' : 'may not'} be done to ${what}`, async () => {
      await using world = await SendWorld.start(await freshSqlite());
      const path = `/api/whatsapp/messages/${encodeURIComponent(id)}`;
      for (const answer of [
        await world.post(`${path}/reaction`, { emoji: '+' }, { prefer: 'respond-async' }),
        await world.post(`${path}/revoke`, {}, { prefer: 'respond-async' }),
      ]) {
        assert.equal(answer.status, status, JSON.stringify(answer.body));
        if (status === 202) continue;
        assert.deepEqual([answer.body.code, answer.body.errors[0].field], ['body_invalid', 'id']);
      }
    });
});
