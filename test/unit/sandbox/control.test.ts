import assert from 'node:assert/strict';
import { get } from 'node:http';
import request from 'supertest';
import { KitError } from '../../../services/contract/errors.ts';
import { recordOf, SandboxFolder } from '../../support/sandbox/sandbox-folder.ts';

describe('sandbox, HTTP control without a page', () => {
  let world: SandboxFolder;

  before(async () => {
    world = await SandboxFolder.open();
  });
  after(() => world[Symbol.asyncDispose]());

  function post(what: string) {
    return request(world.origin).post(`/sandbox/api/${what}`);
  }

  it('is healthy', () => request(world.origin).get('/sandbox/api/health').expect(200, { status: 'ok' }));

  it('answers 409 to a scan, with a problem document that says why', async () => {
    const { body } = await post('scan')
      .expect(409)
      .expect('content-type', /^application\/problem\+json/);
    assert.equal(recordOf(body).code, 'qr_unavailable');
  });

  const bad = [
    ['malformed JSON', 'incoming', '{"from":', 'body'],
    ['a body that is no object', 'incoming', '[]', 'body'],
    ['a missing field', 'incoming', '{"body":"x"}', 'from'],
    ['a wrong type', 'incoming', '{"from":15551234567,"body":"x"}', 'from'],
    ['an unknown field', 'incoming', '{"from":"15551234567","body":"x","form":"y"}', 'form'],
    ['no number', 'incoming', '{"from":"Alice","body":"x"}', 'from'],
    ['a group without an author', 'incoming', '{"from":"1203630000@g.us","body":"x"}', 'author'],
    ['neither body nor media', 'incoming', '{"from":"15551234567"}', 'body'],
    [
      'media that is not base64',
      'incoming',
      '{"from":"15551234567","media":{"mimetype":"image/png","data":"#"}}',
      'media.data',
    ],
    ['an unknown misbehaviour', 'misbehave', '{"kind":"explode"}', 'kind'],
    ['an unknown mode', 'misbehave', '{"kind":"policy","mode":"bad"}', 'mode'],
    ['a field of another misbehaviour', 'misbehave', '{"kind":"conflict","mode":"ok"}', 'mode'],
    ['a body where none belongs', 'unlink', '{"force":true}', 'force'],
    ['an invalid phone', 'scan', '{"phone":"12"}', 'phone'],
  ] as const;

  for (const [what, route, text, field] of bad)
    it(`answers 400 to ${what} and names ${field}`, async () => {
      const { body } = await post(route).set('content-type', 'application/json').send(text).expect(400);
      const { code, errors } = recordOf(body);
      assert.equal(code, 'body_invalid');
      assert.equal(Array.isArray(errors) && recordOf(errors[0]).field, field);
    });

  it('answers 415 to what is not declared as JSON', () =>
    post('incoming').set('content-type', 'text/plain').send('{"from":"1","body":"x"}').expect(415));

  it('answers 404 to what it has not', async () => {
    await request(world.origin).get('/sandbox/api/nothing').expect(404);
    await request(world.origin).get('/sandbox/..%2fsandbox.ts').expect(404);
    await request(world.origin).get('/sandbox/api/media/..%2f..%2fphone.jsonl').expect(404);
    await post('misbehave').send({ kind: 'revoke', id: 'true_1@c.us_x' }).expect(404);
  });

  const forms = ['15551234567', '+1 (555) 123-4567', '001 555.123.4567', '15551234567@c.us'];
  for (const from of forms)
    it(`takes ${from} for a sender`, async () => {
      const { body } = await post('incoming').send({ from, body: 'x' }).expect(200);
      assert.equal(recordOf(body).chat_id, '15551234567@c.us');
    });

  it('takes the same key from the same sender as the same message', async () => {
    const message = { from: '15557654321', body: 'x', key: '3EB0SAME' };
    const first = await post('incoming').send(message).expect(200);
    const second = await post('incoming').send(message).expect(200);
    assert.equal(recordOf(first.body).id, 'false_15557654321@c.us_3EB0SAME');
    assert.equal(recordOf(second.body).id, recordOf(first.body).id);
  });

  it('lists chats, what was said in one, and nothing as received from the kit', async () => {
    const chats = await request(world.origin).get('/sandbox/api/chats').expect(200);
    assert.ok(Array.isArray(chats.body) && chats.body.length === 2);
    const chat = await request(world.origin).get('/sandbox/api/chats/15557654321@c.us').expect(200);
    assert.ok(Array.isArray(chat.body) && chat.body.length === 1);
    await request(world.origin).get('/sandbox/api/messages').expect(200, []);
  });

  it('behaves again when asked to', async () => {
    await post('misbehave').send({ kind: 'policy', serverAckMs: 500, mode: 'no-ack' }).expect(200);
    await post('misbehave').send({ kind: 'offline' }).expect(200);
    await post('behave').expect(200);
    const { body } = await request(world.origin).get('/sandbox/api/state').expect(200);
    const { policy, offline } = recordOf(body);
    assert.deepEqual([recordOf(policy).mode, recordOf(policy).serverAckMs, offline], ['ok', 20, false]);
  });

  it('serves its page under a policy that lets nothing inline run', async () => {
    const page = await request(world.origin)
      .get('/sandbox')
      .expect(200)
      .expect('content-type', /^text\/html/);
    assert.match(String(page.headers['content-security-policy']), /default-src 'none'; script-src 'self';/);
    assert.doesNotMatch(page.text, /<script(?![^>]* src=)|\son\w+=|style=/);
    const linked = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
    assert.ok(linked.length >= 3);
    for (const path of linked) {
      assert.match(path, /^\/sandbox\//);
      await request(world.origin).get(path).expect(200);
    }
    await request(world.origin)
      .get('/sandbox/main.ts')
      .expect('content-type', /^text\/javascript/);
  });
});

describe('sandbox, HTTP control with a key', () => {
  it('asks for it everywhere but for its health, in a way that a browser understands', async () => {
    const authorize = () => {
      throw new KitError('key_missing', 'no key');
    };
    await using world = await SandboxFolder.open({ authorize });
    await request(world.origin).get('/sandbox/api/health').expect(200);
    for (const path of [
      '/sandbox',
      '/sandbox/main.ts',
      '/sandbox/api/state',
      '/sandbox/api/stream',
      '/nothing',
    ])
      await request(world.origin)
        .get(path)
        .set('accept', 'text/html,*/*;q=0.8')
        .expect(401)
        .expect('www-authenticate', 'Basic realm="gatehouse"');
  });
});

describe('sandbox, closing', () => {
  it('ends at once, though a stream is open', async () => {
    await using world = await SandboxFolder.open();
    const response = await new Promise<NodeJS.ReadableStream>((resolve) => {
      get(`${world.origin}/sandbox/api/stream`, resolve);
    });
    const ended = new Promise((resolve) => response.once('error', resolve).once('end', resolve).resume());
    await world.running.close();
    await ended;
  });

  it('frees its ports, and starts on them again', async () => {
    await using world = await SandboxFolder.open();
    const { port, webPort } = world.running;
    await assert.rejects(world.startSandbox({ port, webPort }), { code: 'port_busy' });
    await world.running.close();
    await world.startSandbox({ port, webPort });
  });
});
