import assert from 'node:assert/strict';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import {
  echo,
  exchangeRaw,
  RawClient,
  route,
  startUpstream,
  waitFor,
} from '../../../support/gate/test-gate.ts';

const LENGTH = 200_000;
const MAX_BODY = 1_000_000;

describeGates('gate, of many large bodies for a service of a user', (gate) => {
  it('keeps no more of them than its spool has room for, and leaves room for other clients', async () => {
    await using upstream = await startUpstream(echo);
    await using world = await gate.startTestGate(upstream, {
      trustedProxyHops: 1,
      routes: [route(upstream, { kit: false, service: 'own' })],
      limits: { maxBodyBytes: MAX_BODY, spoolBytes: 4 * MAX_BODY },
    });
    const head = (client: string) =>
      `POST /api HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: ${client}\r\nContent-Length: ${LENGTH}\r\n\r\n`;
    const whole = (client: string) => exchangeRaw(world.port, `${head(client)}${'x'.repeat(LENGTH)}`);

    using half = new RawClient(world.port);
    half.send(head('203.0.113.1')).send('x'.repeat(LENGTH / 2));
    const limited = gate.differs('spool', { node: false, nginx: true });
    if (limited) {
      let refused = await whole('203.0.113.1');
      // Until nginx has read the head of the first one.
      while (refused.status === 200) refused = await whole('203.0.113.1');
      assert.deepEqual([refused.status, refused.code], [429, 'too_many_requests_at_once']);
      assert.match(refused.head, /^retry-after: 1$/im);
    } else assert.equal((await whole('203.0.113.1')).status, 200);
    assert.equal((await whole('203.0.113.2')).status, 200);

    half.send('x'.repeat(LENGTH / 2));
    await half.until(/"body":"x+"/);
    await waitFor(() => half.received.startsWith('HTTP/1.1 200'), 'the first body to have passed');
  });

  it('counts no small body, and none of a request to a service of the kit that admits its sender', async () => {
    await using upstream = await startUpstream((request, response) => {
      if (request.url === '/internal/admission') response.writeHead(204).end();
      else echo(request, response);
    });
    await using world = await gate.startTestGate(upstream, {
      routes: [
        route(upstream, { kit: false, service: 'own' }),
        route(upstream, { prefix: '/kit', keyed: true }),
      ],
      limits: { maxBodyBytes: MAX_BODY, spoolBytes: MAX_BODY },
    });
    using half = new RawClient(world.port);
    half.send(`POST /api HTTP/1.1\r\nHost: h\r\nContent-Length: ${LENGTH}\r\n\r\n${'x'.repeat(LENGTH / 2)}`);
    const send = (path: string, bytes: number) =>
      exchangeRaw(
        world.port,
        `POST ${path} HTTP/1.1\r\nHost: h\r\nContent-Length: ${bytes}\r\n\r\n${'y'.repeat(bytes)}`,
      );
    assert.equal((await send('/api', 1_000)).status, 200);
    assert.equal((await send('/kit', LENGTH)).status, 200);
  });
});
