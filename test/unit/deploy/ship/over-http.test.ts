import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { overHttp } from '../../../../deploy/shipping/outside.ts';
import { createScene, KEY } from '../../../support/deploy/ship/scene.ts';
import { startShipped } from '../../../support/deploy/ship/shipped.ts';
import { listenAsUpstream } from '../../../support/gate/test-gate.ts';

const OLD = 'registry.fly.io/gatehouse:old';
const THERE = [
  { when: 'fly apps list*', says: '[{"Name":"gatehouse"}]' },
  { when: 'fly releases*', says: JSON.stringify([{ ImageRef: OLD, Status: 'complete', Version: 1 }]) },
];

describe('a deploy that looks by HTTP', () => {
  it('accepts a kit that passes gatehouse smoke, and takes back one that does not', async () => {
    let release = () => 'old';
    await using shipped = await startShipped(() => release(), KEY);
    const options = { target: 'fly', programs: ['fly'], serving: 'old' };
    const outside = { url: shipped.url, look: overHttp };
    using scene = createScene({ ...options, outside });
    release = () => scene.programs.serving;
    scene.answer([...THERE, { when: 'fly deploy*--image*:new*', serves: 'new' }]);
    assert.equal(await scene.deploy(), '');

    using other = createScene({ ...options, release: 'leaky', outside });
    release = () => other.programs.serving;
    other.answer([
      ...THERE,
      { when: 'fly deploy*--image*:leaky*', serves: 'leaky' },
      { when: 'fly deploy*--image*:old*', serves: 'old' },
    ]);
    assert.match(await other.deploy(), /it fails when looked at from outside[\s\S]*old serves again/);
  });
});

describe('a probe of a release', () => {
  it('says who answers, in which state, and which service has failed', async () => {
    let status = 200;
    let body = JSON.stringify({ status: 'ok', release: 'r1' });
    const server = createServer((_request, response) => response.writeHead(status).end(body));
    await using kit = await listenAsUpstream(server);
    const origin = `http://127.0.0.1:${kit.port}`;
    assert.deepEqual(await overHttp.probe(origin, 'open'), {
      summary: '/health/live answered 200 (ok) from release r1',
      isUp: true,
      release: 'r1',
    });
    assert.equal(await overHttp.whatsAppState(origin), undefined);

    status = 503;
    body = JSON.stringify({
      services: { api: { state: 'ready' }, bridge: { state: 'failed', reason: 'crash loop' } },
      whatsapp: { state: 'starting' },
    });
    assert.deepEqual(await overHttp.probe(`${origin}/`, 'healthy'), {
      summary: '/health answered 503',
      isUp: false,
      failed: 'bridge has failed: crash loop',
    });
    assert.equal(await overHttp.whatsAppState(origin), 'starting');

    // A page of the platform instead of the kit.
    body = '<html>';
    assert.deepEqual(await overHttp.probe(origin, 'open'), {
      summary: '/health/live answered 503',
      isUp: false,
    });
  });

  it('never rejects, also where nothing listens', async () => {
    const nowhere = 'http://127.0.0.1:1';
    assert.match((await overHttp.probe(nowhere, 'open')).summary, /^\/health\/live gave no answer \(/);
    assert.equal(await overHttp.whatsAppState(nowhere), undefined);
  });
});
