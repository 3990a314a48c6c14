import assert from 'node:assert/strict';
import fc from 'fast-check';
import request from 'supertest';
import { freshSqlite } from '../../../support/api/databases.ts';
import { LogServer } from '../../../support/api/events/log-server.ts';
import { calls, post } from '../../../support/api/events/news.ts';
import { type ApiWorld, answerJson, fromGate, startWorld } from '../../../support/api/world.ts';

const bridge = answerJson(200, {});

const ask = (world: ApiWorld, query: string, headers: Record<string, string> = {}) =>
  request(world.origin)
    .get(`/api/events?${query}`)
    .set({ ...fromGate, ...headers });

describe('event pages', () => {
  it('name every type and value that is wrong', async () => {
    await using world = await startWorld(bridge);
    const wrong: [query: string, field: string, message: RegExp][] = [
      ['types=message,foo,bar', 'types', /"foo", "bar" is none of message, /],
      ['types=', 'types', /"" is none of/],
      ['types=Message', 'types', /"Message" is none of/],
      ['types=message,%20ack', 'types', /" ack" is none of/],
      ['types=message&types=ack', 'types', /expected string/],
      ['limit=0', 'limit', /from 1 to 1000/],
      ['limit=1001', 'limit', /from 1 to 1000/],
      ['limit=1e2', 'limit', /from 1 to 1000/],
      ['after=-1', 'after', /seq/],
      ['after=1.5', 'after', /seq/],
      ['after=', 'after', /seq/],
      ['wait=61', 'wait', /from 0 to 60/],
      ['wait=-1', 'wait', /from 0 to 60/],
      ['session=', 'session', /./],
      ['befor=1', 'befor', /not known/],
    ];
    for (const [query, field, message] of wrong) {
      const { status, body } = await ask(world, query, { accept: 'application/json' });
      assert.deepEqual([status, body.code], [400, 'query_invalid'], query);
      assert.deepEqual(
        body.errors.map((error: { field: string }) => error.field),
        [field],
        query,
      );
      assert.match(body.errors[0].message, message);
    }
  });

  it('take exactly the limits and numbers that are documented, whatever else comes', async () => {
    await using world = await startWorld(bridge);
    const anything = fc.oneof(
      fc.integer({ min: -5, max: 1_100 }).map(String),
      fc.string({ maxLength: 8 }),
      fc.bigInt({ min: 0n, max: 10n ** 18n }).map(String),
      fc.constantFrom(
        'default',
        'a\0',
        '0',
        '00',
        '01',
        '1',
        '+1',
        ' 1',
        '1 ',
        '1000',
        '1001',
        '0x10',
        'NaN',
        '1_000',
        '٣',
      ),
    );
    const isWhole = (text: string, least: number, most: number) =>
      /^(0|[1-9]\d*)$/.test(text) && Number(text) >= least && Number(text) <= most;
    await fc.assert(
      fc.asyncProperty(anything, anything, anything, async (after, limit, session) => {
        const query = new URLSearchParams({ after, limit, session }).toString();
        const { status, body } = await ask(world, query);
        const isGood =
          /^(0|[1-9]\d{0,15})$/.test(after) &&
          isWhole(limit, 1, 1_000) &&
          /^[a-z0-9][a-z0-9-]{0,31}$/.test(session);
        assert.equal(status, isGood ? 200 : 400, query);
        if (!isGood) assert.equal(body.code, 'query_invalid');
      }),
      { numRuns: 200 },
    );
  });

  it('end early when they grow large, and lose nothing', async () => {
    await using world = await startWorld(bridge);
    await post(world.origin, calls(50, '', 'y'.repeat(50_000)));
    const { body, text } = await ask(world, 'limit=1000');
    assert.ok(body.events.length < 50 && body.has_more);
    assert.ok(text.length < 1.2 * 1024 ** 2);
    let seen = body.events.length;
    for (let { next, has_more } = body; has_more; ) {
      const more = (await ask(world, `limit=1000&after=${next}`)).body;
      seen += more.events.length;
      ({ next, has_more } = more);
    }
    assert.equal(seen, 50);
  });

  it('are what those get who accept JSON rather than a stream, or give a limit', async () => {
    await using world = await startWorld(bridge);
    const json = [
      ['', 'application/json'],
      ['', 'application/json, text/plain, */*'],
      ['', 'application/*'],
      ['', 'text/event-stream;q=0.5, application/json'],
      ['limit=1', '*/*'],
      ['limit=1', 'text/html,*/*;q=0.8'],
      ['wait=0', 'application/json'],
    ] as const;
    for (const [query, accept] of json) {
      const { type, headers } = await ask(world, query, { accept }).expect(200);
      assert.equal(type, 'application/json', `${query} ${accept}`);
      assert.equal(headers.vary?.toLowerCase(), 'accept');
    }
    const neither = [
      ['', 'text/html'],
      ['limit=1', 'text/event-stream'],
      ['wait=5', 'text/event-stream'],
    ] as const;
    for (const [query, accept] of neither) {
      const { status, body } = await ask(world, query, { accept });
      assert.deepEqual([status, body.code], [406, 'not_acceptable'], `${query} ${accept}`);
    }
  });

  it('come without a body for HEAD, and at once', async () => {
    await using world = await startWorld(bridge);
    const { text, type } = await request(world.origin)
      .head('/api/events?wait=60')
      .set({ ...fromGate, accept: 'application/json' })
      .expect(200);
    assert.deepEqual([text, type], [undefined, 'application/json']);
  });

  it('begin while they wait, so that nobody between takes them for lost', async () => {
    await using server = await LogServer.start(await freshSqlite(), { pingMs: 20 });
    const response = await fetch(`${server.origin}/api/begun?wait=30`); // Its headers are there.
    assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8');
    await server.append(calls(2));
    const text = await response.text();
    assert.ok(text.startsWith('\n{'));
    assert.equal(JSON.parse(text).events.length, 2);
  });

  it('end their wait when the api stops', async () => {
    await using server = await LogServer.start(await freshSqlite());
    const waiting = fetch(`${server.origin}/api/events?wait=60`).then((response) => response.json());
    await (await fetch(`${server.origin}/api/events?limit=1`)).text(); // By then it waits.
    await server.close(600_000); // Longer than the test may take: it does not wait for the grace.
    assert.deepEqual((await waiting).events, []);
  });
});
