import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { healthPath, publicAddress } from '../../../../operate/doctor/checks/public-address.ts';
import { services } from '../../../../operate/doctor/checks/services.ts';
import { createContext } from '../../../../operate/doctor/context.ts';
import { KitError } from '../../../../services/contract/errors.ts';
import { toProblem } from '../../../../services/contract/problem.ts';
import { freePorts } from '../../../support/kit/kit.ts';
import { look, serve, serveBytes, serveSilence, textOf } from '../../../support/operate/doctor/look.ts';

const page =
  (status: number, headers: Record<string, string>, body: string): RequestListener =>
  (_request, response) =>
    response.writeHead(status, headers).end(body);

/** What each edge says in place of an app that does not answer. */
const edges: readonly (readonly [name: string, RequestListener, remedy: RegExp])[] = [
  [
    'Railway',
    page(
      502,
      { 'content-type': 'application/json', server: 'railway-edge', 'x-railway-fallback': 'true' },
      '{"status":"error","code":502,"message":"Application failed to respond","request_id":"abc"}',
    ),
    /target port/,
  ],
  [
    'Heroku',
    page(
      503,
      { 'content-type': 'text/html; charset=utf-8', server: 'Cowboy' },
      '<html><title>Application Error</title><iframe src="//www.herokucdn.com/error-pages/application-error.html"></iframe>',
    ),
    /H12 no answer within 30 s/,
  ],
  [
    'Render',
    page(502, { 'x-render-routing': 'no-server', server: 'cloudflare', 'cf-ray': '1' }, ''),
    /health check/,
  ],
  ['Fly.io', page(502, { server: 'Fly/1a2b', 'fly-request-id': '01-fra' }, ''), /internal_port/],
  [
    'Cloud Run',
    page(503, { server: 'Google Frontend', 'content-type': 'text/html' }, 'Service Unavailable'),
    /startup probe/,
  ],
  ['Cloudflare', page(522, { server: 'cloudflare', 'cf-ray': '8f-FRA' }, 'error code: 522'), /522/],
  ['nginx', page(502, { server: 'nginx/1.22.1' }, '<center>nginx/1.22.1</center>'), /proxy_pass/],
];

describe('doctor, asking a URL', () => {
  it('keeps the key from plain http on other machines', () => {
    const withheld = (url: string) =>
      createContext({
        settings: {},
        env: { API_KEYS: 'k9f86d081884c7d659a2feaa' },
        folder: '/nowhere',
        url: new URL(url),
      }).keyWithheld;
    assert.equal(withheld('http://kit.example'), 'no API key is sent over plain http');
    assert.equal(withheld('http://127.0.0.1.example'), 'no API key is sent over plain http');
    assert.equal(withheld('https://kit.example'), undefined);
    assert.equal(withheld('http://127.0.0.1:8001'), undefined);
    assert.equal(withheld('http://[::1]:8001'), undefined);
  });

  for (const [name, answer, remedy] of edges) {
    it(`tells the answer of ${name} from one of the kit, and what to do there`, async () => {
      await using edge = await serve(answer);
      const row = await look(publicAddress, { url: edge.url });
      assert.equal(row.severity, 'error');
      assert.match(textOf(row), new RegExp(`answered by ${name}`));
      assert.match(textOf(row), remedy);
    });
  }

  it('takes the kit for the kit behind an edge that adds its headers', async () => {
    await using kit = await serve(
      page(
        200,
        {
          'content-type': 'application/json',
          server: 'railway-edge',
          via: '1.1 heroku-router',
          'cf-ray': '1',
        },
        '{"status":"ok","release":"7"}',
      ),
    );
    assert.equal((await look(publicAddress, { url: kit.url })).severity, 'good');
  });

  it('knows a refusal of the kit by its problem document', async () => {
    const problem = toProblem(new KitError('rate_limited', 'too many requests'), 'id');
    await using kit = await serve(
      page(429, { 'content-type': 'application/problem+json' }, JSON.stringify(problem)),
    );
    const row = await look(publicAddress, { url: kit.url });
    assert.equal(row.severity, 'warning');
    assert.match(textOf(row), /rate_limited/);
  });

  it('says that nothing listens', async () => {
    const { PORT } = await freePorts();
    const row = await look(publicAddress, { url: new URL(`http://127.0.0.1:${PORT}`) });
    assert.match(textOf(row), /ECONNREFUSED\nnothing listens at that address/);
  });

  it('says that what listens is silent, within its deadline', async () => {
    await using silent = await serveSilence();
    const row = await look(publicAddress, { url: silent.url, askMs: 100 });
    assert.match(textOf(row), /nothing within 100 ms/);
  });

  it('says that what answers is no HTTP, and that TLS does not hold', async () => {
    await using noise = await serveBytes('220 mail.example.com ESMTP\r\n');
    const plain = await look(publicAddress, { url: noise.url });
    assert.match(textOf(plain), /no HTTP/);
    const tls = await look(publicAddress, { url: new URL(`https://127.0.0.1:${noise.port}`) });
    assert.equal(tls.severity, 'error');
    assert.match(textOf(tls), /TLS|certificate|cut/);
  });

  it('says that the name has no address', async () => {
    const row = await look(publicAddress, { url: new URL('http://kit.invalid') });
    assert.match(textOf(row), /the name has no address/);
  });

  it('tells a redirect to TLS from a health path that redirects', async () => {
    await using edge = await serve((request, response) =>
      response.writeHead(301, { location: `https://127.0.0.1${request.url}` }).end(),
    );
    const toTls = await look(publicAddress, { url: edge.url });
    assert.equal(toTls.severity, 'warning');
    assert.match(textOf(toTls), /a POST that follows becomes a GET/);
    await using login = await serve(page(302, { location: '/login?next=/health' }, ''));
    const toLogin = await look(publicAddress, { url: login.url });
    assert.equal(toLogin.severity, 'error');
    assert.match(textOf(toLogin), /Railway wants exactly 200/);
  });

  it('survives an answer that is hostile: no end, no JSON, escapes for the terminal', async () => {
    await using endless = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', server: 'x' });
      const more = () => response.write('{"a":['.padEnd(65_536, '['), more);
      more();
    });
    const endlessRow = await look(publicAddress, { url: endless.url });
    assert.equal(endlessRow.severity, 'error');
    await using escapes = await serveBytes(
      'HTTP/1.1 500 \u001b[2J\r\nserver: nginx\u0007\u001b]0;owned\u0007\r\nconnection: close\r\n\r\n<center>nginx\u001b[31m',
    );
    assert.doesNotMatch(
      textOf(await look(publicAddress, { url: escapes.url })),
      /[\u0000-\u0009\u000b-\u001f]/,
    );
    for (const body of ['null', '[]', '{"services":3,"status":"ok"}', '{"status":']) {
      await using odd = await serve(page(200, { 'content-type': 'application/json' }, body));
      assert.notEqual((await look(services, { url: odd.url })).severity, 'unknown', body);
    }
  });
});

describe('doctor, asking for health', () => {
  const health = (over: object) =>
    JSON.stringify({
      status: 'ok',
      whatsapp_ready: true,
      whatsapp: { state: 'ready' },
      storage: { state: 'ok' },
      services: { api: { state: 'ready', restarts: 0 } },
      ...over,
    });
  const json = { 'content-type': 'application/json' };

  it('names a service in a crash loop with its reason, one that restarts, and one that keeps ending', async () => {
    await using kit = await serve(
      page(
        503,
        json,
        health({
          status: 'unavailable',
          services: {
            api: { state: 'failed', restarts: 6, reason: 'crash loop: exit code 1' },
            bridge: { state: 'starting', restarts: 0 },
            gate: { state: 'ready', restarts: 5 },
          },
        }),
      ),
    );
    const row = await look(services, { url: kit.url });
    assert.equal(row.severity, 'error');
    assert.match(textOf(row), /api is failed, restarted 6 times: crash loop: exit code 1/);
    assert.match(textOf(row), /bridge takes no work now/);
    assert.match(textOf(row), /gate keeps ending/);
    const path = await look(healthPath, { url: kit.url });
    assert.match(textOf(path), /GET \/health: 503/);
  });

  it('says that the store is full', async () => {
    await using kit = await serve(page(200, json, health({ storage: { state: 'full' } })));
    assert.match(textOf(await look(services, { url: kit.url })), /refused with 507/);
  });

  it('bounds what a stranger can make it say', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 3_000 }, (_, index) => [`s${index}`.repeat(100), { state: 'failed' }]),
    );
    await using stranger = await serve(page(200, json, health({ services: many })));
    const row = await look(services, { url: stranger.url });
    assert.ok(textOf(row).length < 50_000, `${textOf(row).length} characters`);
  });

  it('says nothing of services where something else answers', async () => {
    await using other = await serve(page(200, { 'content-type': 'text/html' }, 'welcome'));
    assert.equal((await look(services, { url: other.url })).severity, 'skipped');
    assert.equal((await look(healthPath, { url: other.url })).severity, 'skipped');
  });
});
