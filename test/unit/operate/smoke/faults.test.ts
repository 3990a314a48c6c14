import assert from 'node:assert/strict';
import { HEALTH, json, KEY, startDeployment, withKey } from '../../../support/operate/smoke/deployments.ts';
import { assertFailed, named, rowOf, smokeNearby } from '../../../support/operate/smoke/row.ts';

describe('smoke test, of a deployment with one fault', () => {
  it('finds none where there is none, without a key and with it', async () => {
    await using good = await startDeployment();
    const keyless = await smokeNearby(good.origin);
    assertFailed(keyless);
    assert.match(rowOf(keyless, 'events').evidence, /set API_KEYS here/);
    const report = await smokeNearby(good.origin, { apiKey: KEY });
    assertFailed(report);
    assert.deepEqual(named(report, 'skipped'), ['redirect', 'tls', 'release', 'internal-ports', 'send']);
    assert.deepEqual(named(report, 'warned'), []);
    assert.equal(report.latency?.live.count, 20);
  });

  it('says of a deployment on real WhatsApp that nothing was sent, and sends nothing', async () => {
    await using real = await startDeployment();
    const report = await smokeNearby(real.origin, { apiKey: KEY, send: true });
    assertFailed(report);
    assert.equal(rowOf(report, 'send').state, 'warned');
    assert.match(rowOf(report, 'send').evidence, /nothing was sent: this deployment is on real WhatsApp/);
    assert.deepEqual(
      real.asked.filter((line) => line.startsWith('POST')),
      [],
    );
  });

  it('finds the old release, and one that has no name', async () => {
    await using old = await startDeployment({ live: { release: '1.0.0' } });
    await using nameless = await startDeployment();
    const [report, right, none] = await Promise.all([
      smokeNearby(old.origin, { expectRelease: '1.1.0' }),
      smokeNearby(old.origin, { expectRelease: '1.0.0' }),
      smokeNearby(nameless.origin, { expectRelease: '1.0.0' }),
    ]);
    assertFailed(report, 'release');
    assert.match(rowOf(report, 'release').evidence, /^runs release 1\.0\.0, and 1\.1\.0 was expected$/);
    assertFailed(right);
    assertFailed(none, 'release');
  });

  it('finds a health page that answers 500, one of another program, and an api that is not ready', async () => {
    const bodies = [
      json(500, { error: 'boom' }),
      json(200, { status: 'UP' }),
      json(503, {
        ...HEALTH,
        status: 'unavailable',
        services: { api: { state: 'failed', reason: 'crash loop' } },
      }),
    ];
    const evidence = [
      /answered 500: /,
      /answered 200: \{"status":"UP"\}/,
      /503 unavailable: .*api is failed \(crash loop\)/,
    ];
    await Promise.all(
      bodies.map(async (page, index) => {
        await using sick = await startDeployment({ paths: { '/health': page } });
        const report = await smokeNearby(sick.origin, { apiKey: KEY });
        const stillAnswers = index === 1 ? [] : (['still-answers'] as const);
        assertFailed(report, 'health', ...stillAnswers);
        assert.match(rowOf(report, 'health').evidence, evidence[index] ?? /none/);
      }),
    );
  });

  it('warns of a service that is not ready', async () => {
    const services = {
      ...HEALTH.services,
      greeter: { state: 'restarting', reason: 'it exited with code 1' },
    };
    await using limping = await startDeployment({
      paths: { '/health': json(200, { ...HEALTH, status: 'degraded', services }) },
    });
    const report = await smokeNearby(limping.origin, { apiKey: KEY });
    assertFailed(report);
    assert.match(rowOf(report, 'health').evidence, /greeter is restarting \(it exited with code 1\)/);
    assert.equal(rowOf(report, 'health').state, 'warned');
  });

  it('finds a gate that refuses the Host by which platforms check health', async () => {
    await using strict = await startDeployment({
      paths: {
        '/health': (request, response) =>
          request.headers.host?.startsWith('127.')
            ? json(200, HEALTH)(request, response)
            : json(403, { code: 'origin_refused' })(request, response),
      },
    });
    assertFailed(await smokeNearby(strict.origin, { apiKey: KEY }), 'any-host');
  });

  it('takes 429 for a refusal of a wrong key where somebody behind the same address has guessed keys', async () => {
    const answerWith = (code: string) =>
      startDeployment({
        paths: {
          '/api/whatsapp/status': (request, response) =>
            json(request.headers['x-api-key'] === KEY ? 200 : 429, { code })(request, response),
        },
      });
    await using slowed = await answerWith('too_many_failures');
    await using limited = await answerWith('rate_limited');
    assert.equal(rowOf(await smokeNearby(slowed.origin, { apiKey: KEY }), 'keys').state, 'passed');
    assertFailed(await smokeNearby(limited.origin, { apiKey: KEY }), 'keys');
  });

  it('finds an api that wants no key of anybody whom another key opens, or that takes any', async () => {
    const status = '/api/whatsapp/status';
    await using takesAny = await startDeployment({
      paths: {
        [status]: (request, response) =>
          json(request.headers['x-api-key'] === undefined ? 401 : 200, {})(request, response),
      },
    });
    await using broken = await startDeployment({
      paths: { [status]: json(503, { code: 'service_unavailable' }) },
    });
    const [any, sick] = await Promise.all([
      smokeNearby(takesAny.origin, { apiKey: KEY }),
      smokeNearby(broken.origin),
    ]);
    assertFailed(any, 'keys');
    assertFailed(sick, 'keys');
    assert.match(rowOf(sick, 'keys').evidence, /without a key 503 service_unavailable/);
  });

  it('finds that the key of this machine is none of the deployment, and then looks at nothing that wants it', async () => {
    await using good = await startDeployment();
    const report = await smokeNearby(good.origin, { apiKey: 'a-key-of-another-deployment-altogether' });
    assertFailed(report, 'keys');
    assert.ok(named(report, 'skipped').includes('events') && named(report, 'skipped').includes('websocket'));
  });

  it('never shows the key, even where the deployment sends it back', async () => {
    const echo = withKey((request, response) =>
      json(500, { you_sent: request.headers['x-api-key'] })(request, response),
    );
    await using echoing = await startDeployment({
      paths: {
        '/api/events': (request, response) => {
          response.writeHead(200, { 'content-type': `text/${request.headers['x-api-key']}` }).end();
        },
        '/api/whatsapp/send': echo,
      },
    });
    const report = await smokeNearby(echoing.origin, { apiKey: KEY });
    assertFailed(report, 'events');
    assert.match(rowOf(report, 'events').evidence, /text\/\[key\]/);
    assert.ok(!JSON.stringify(report).includes(KEY));
  });

  it('finds a stream of events that is gathered on the way, one that ends, and one that is none', async () => {
    /** The first stream gets the low limit: the others send something, and the check must wait for it. */
    const firstByteMs = [200, 10_000, 10_000, 10_000];
    const streams = [
      withKey((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      }),
      withKey((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).end(': bye\n\n');
      }),
      withKey((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).end();
      }),
      withKey(json(200, { events: [] })),
    ];
    const reports = await Promise.all(
      streams.map(async (stream, index) => {
        await using deployment = await startDeployment({ paths: { '/api/events': stream } });
        const limits = { firstByteMs: firstByteMs[index] ?? 0 };
        return await smokeNearby(deployment.origin, { apiKey: KEY, limits });
      }),
    );
    for (const report of reports) assertFailed(report, 'events');
    assert.deepEqual(
      reports.map((report) => rowOf(report, 'events').evidence),
      [
        'GET /api/events answered 200, and no byte of its body came within 200 ms',
        'GET /api/events ended at once',
        'GET /api/events ended at once',
        'GET /api/events answered 200 as application/json',
      ],
    );
  });

  it('finds a WebSocket that is refused, and one that is cut off amid the handshake', async () => {
    const upgrades = ['HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n', ''];
    for (const answer of upgrades) {
      await using deployment = await startDeployment({
        onUpgrade: (server) => server.on('upgrade', (_request, socket) => socket.end(answer)),
      });
      assertFailed(await smokeNearby(deployment.origin, { apiKey: KEY }), 'websocket');
    }
  });
});
