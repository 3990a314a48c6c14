import assert from 'node:assert/strict';
import { once } from 'node:events';
import request from 'supertest';
import { concurrently } from '../../../support/concurrently.ts';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import { IdleTime } from '../../../support/gate/idle-time.ts';
import { shareGate } from '../../../support/gate/share-gate.ts';
import {
  echo,
  exchangeRaw,
  RawClient,
  route,
  startUpstream,
  waitFor,
} from '../../../support/gate/test-gate.ts';
import { undisturbed } from '../../../support/undisturbed.ts';
import { until } from '../../../support/until.ts';

/** A limit that passes in a test. */
const SHORT_MS = 150;

describeGates('gate, limits on bodies', (gateUnderTest) => {
  const { differs } = gateUnderTest;
  const gate = shareGate(gateUnderTest, (upstream) => ({
    routes: [route(upstream), route(upstream, { prefix: '/api/media', maxBodyBytes: 100 })],
    limits: { maxBodyBytes: 10 },
  }));

  it('answers 413 to a declared length over the limit, before the upstream hears of it', async () => {
    let requests = 0;
    gate.answerWith((_request, response) => {
      requests += 1;
      response.end();
    });

    const { body } = await request(gate.origin).post('/api').send('x'.repeat(11)).expect(413);

    assert.equal(body.code, 'body_too_large');
    assert.equal(requests, 0);
  });

  it('takes a body of exactly the limit', async () => {
    await request(gate.origin).post('/api').send('x'.repeat(10)).expect(200);
  });

  it('answers 413 to a chunked body as it passes the limit, and aborts the upstream', async () => {
    let isAborted = false;
    gate.answerWith((incoming) => {
      incoming.resume().on('error', () => {
        isAborted = true;
      });
    });
    using client = new RawClient(gate.port);

    const arrived = differs('buffered', { node: once(gate.upstream.server, 'request'), nginx: undefined });

    client.send('POST /api HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
    await arrived;
    client.send('6\r\n world\r\n');
    const received = await client.until(/body_too_large/);

    assert.match(received, /^HTTP\/1\.1 413 /);
    assert.match(received, /^connection: close$/im);
    if (arrived !== undefined) await waitFor(() => isAborted, 'the upstream to see the abort');
  });

  it('lets a route have a limit of its own', async () => {
    await request(gate.origin).post('/api/media').send('x'.repeat(100)).expect(200);
    await request(gate.origin).post('/api').send('x'.repeat(100)).expect(413);
  });
});

describeGates('gate, limits on time', ({ startTestGate, differs, name }) => {
  const silence = {
    idleTimeoutMs: differs('silence', { node: 60_000, nginx: SHORT_MS }),
    upstreamTimeoutMs: SHORT_MS,
  };
  const idleTimeoutMs = (idle: IdleTime) => (name === 'node' ? idle.limitMs : SHORT_MS);

  concurrently({
    'answers 408 when headers do not arrive in time': async () => {
      await using upstream = await startUpstream(echo);
      await using gate = await startTestGate(upstream, { limits: { headerTimeoutMs: SHORT_MS } });
      using client = new RawClient(gate.port);

      const received = await client.send('GET /api HTTP/1.1\r\nHost: h\r\n').untilClosed();

      const answer = differs('slow', { node: /^HTTP\/1\.1 408 [\s\S]*request_timeout/, nginx: /^$/ });
      assert.match(received, answer);
    },

    'answers 408 when a body stops coming, and aborts the upstream': async () => {
      let isAborted = false;
      let heard = '';
      await using upstream = await startUpstream((incoming) => {
        incoming.on('data', (chunk: Buffer) => {
          heard += chunk.toString();
        });
        incoming.on('error', () => {
          isAborted = true;
        });
      });
      using idle = new IdleTime();
      await using gate = await startTestGate(upstream, { limits: { idleTimeoutMs: idleTimeoutMs(idle) } });
      using client = new RawClient(gate.port);

      client.send('POST /api HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nsome');
      if (name === 'node') await waitFor(() => heard === 'some', 'the beginning at the upstream');
      idle.pass();
      // The gate keeps the connection for 2 s, or until its client ends it (test/unit/gate/answer/lingering-close.test.ts).
      const received = name === 'node' ? await client.until(/request_timeout/) : await client.untilClosed();

      assert.match(received, differs('slow', { node: /^HTTP\/1\.1 408 /, nginx: /^$/ }));
      if (name === 'node') assert.match(received, /^connection: close$/im);
      if (name === 'node') await waitFor(() => isAborted, 'the upstream to see the abort');
    },

    'drops a client that stops reading': async () => {
      let isAborted = false;
      await using upstream = await startUpstream((_incoming, response) => {
        response.on('close', () => {
          isAborted = true;
        });
        response.write(Buffer.alloc(30_000_000));
      });
      using idle = new IdleTime();
      await using gate = await startTestGate(upstream, { limits: { idleTimeoutMs: idleTimeoutMs(idle) } });
      using client = new RawClient(gate.port);

      client.socket.pause();
      client.send('GET /api HTTP/1.1\r\nHost: h\r\n\r\n');

      // Time that passes before the buffers are full is none of the client's.
      await waitFor(() => {
        idle.pass();
        return isAborted;
      }, 'the upstream to lose its client');
    },

    'does not drop a client that waits for a slow upstream': async () => {
      using idle = new IdleTime();
      await using upstream = await startUpstream((_incoming, response) => {
        idle.pass();
        setTimeout(() => response.end('late'), 2 * SHORT_MS);
      });
      await using gate = await startTestGate(upstream, { limits: { idleTimeoutMs: idleTimeoutMs(idle) } });

      await request(gate.origin).get('/api').expect(200, 'late');
    },

    'answers 504 naming the service when no headers come': async () => {
      await using upstream = await startUpstream(() => undefined);
      await using gate = await startTestGate(upstream, { limits: silence });

      const { body } = await request(gate.origin).get('/api').expect(504);

      assert.equal(body.code, 'service_silent');
      assert.match(body.detail, /^api /);
    },

    'breaks off an answer whose body stops coming': async () => {
      await using upstream = await startUpstream((_incoming, response) => void response.write('some'));
      const limits = name === 'node' ? { idleTimeoutMs: SHORT_MS } : silence;
      await using gate = await startTestGate(upstream, { limits });

      // The same limit is one for the request of the client (node), or for the head of the answer (nginx).
      await undisturbed(SHORT_MS, async () => {
        using client = new RawClient(gate.port);
        const text = 'GET /api HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';
        const received = await client.send(text).untilClosed();
        assert.match(received, /some/);
        assert.doesNotMatch(received, /\r\n0\r\n\r\n$/);
      });
    },
  });
});

describeGates('gate, limits on connections', ({ startTestGate, differs }) => {
  it('closes connections over the limit, and serves on', async () => {
    await using upstream = await startUpstream(echo);
    await using gate = await startTestGate(upstream, { limits: { maxConnections: 2 } });
    using first = new RawClient(gate.port);
    using second = new RawClient(gate.port);
    for (const client of [first, second]) {
      await client.send('GET /api HTTP/1.1\r\nHost: h\r\n\r\n').until(/200 OK/);
    }

    using third = new RawClient(gate.port);
    if (differs('connections', { node: true, nginx: false })) assert.equal(await third.untilClosed(), '');
    else await third.send('GET /api HTTP/1.1\r\nHost: h\r\n\r\n').until(/200 OK/);

    first.socket.destroy();
    await waitFor(() => first.isClosed, 'the first to close');
    await waitForSuccess(gate.port);
  });
});

/** The gate sees a close a moment after the client. */
async function waitForSuccess(port: number): Promise<void> {
  await until('the gate takes a connection again', async () => {
    const { status } = await exchangeRaw(port, 'GET /api HTTP/1.1\r\nHost: h\r\n\r\n');
    return status === 200;
  });
}
