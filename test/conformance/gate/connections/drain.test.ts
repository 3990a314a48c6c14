import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { accepts } from '../../../../nginx/nginx-gate.ts';
import { concurrently } from '../../../support/concurrently.ts';
import { crowdAt } from '../../../support/gate/crowd.ts';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import {
  echo,
  listenAsUpstream,
  RawClient,
  route,
  startUpstream,
  waitFor,
} from '../../../support/gate/test-gate.ts';
import { askWhileHeld } from '../../../support/held-thread.ts';
import { undisturbed } from '../../../support/undisturbed.ts';

const POLL_MS = 5;

describeGates('gate, while it drains', ({ startTestGate, differs }) => {
  concurrently({
    'finishes what is in flight, with Connection: close, and then resolves': async () => {
      let answer: ServerResponse | undefined;
      await using upstream = await startUpstream((_request, response) => {
        answer = response;
      });
      await using gate = await startTestGate(upstream);
      using client = new RawClient(gate.port);
      client.send('GET /api HTTP/1.1\r\nHost: h\r\n\r\n');
      await waitFor(() => answer !== undefined, 'the request to arrive');

      const drained = gate.drain();
      while (await accepts('127.0.0.1', gate.port)) await sleep(POLL_MS);
      answer?.end('finished');
      await drained;

      const word = differs('drain', { node: 'close', nginx: '(?:close|keep-alive)' });
      assert.match(
        await client.untilClosed(),
        new RegExp(`^HTTP/1\\.1 200 OK[\\s\\S]*connection: ${word}[\\s\\S]*finished`, 'i'),
      );
    },

    'finishes an answer that had begun before': async () => {
      let answer: ServerResponse | undefined;
      await using upstream = await startUpstream((_request, response) => {
        answer = response;
        response.write('first');
      });
      // Longer than a test may take: the gate must not wait to the end.
      await using gate = await startTestGate(upstream, { drainMs: 120_000 });
      using client = new RawClient(gate.port);
      await client.send('GET /api HTTP/1.1\r\nHost: h\r\n\r\n').until(/first/);

      const drained = gate.drain();
      answer?.end('last');
      await drained;

      assert.match(await client.untilClosed(), /last\r\n0\r\n\r\n$/);
    },

    'closes idle connections and takes no new ones': async () => {
      await using upstream = await startUpstream(echo);
      // nginx waits the whole time for a connection that has sent nothing.
      const drainMs = differs('drain', { node: 60_000, nginx: 300 });
      await using gate = await startTestGate(upstream, { drainMs });
      using idle = new RawClient(gate.port);
      using fresh = new RawClient(gate.port);
      await idle.send('GET /api HTTP/1.1\r\nHost: h\r\n\r\n').until(/200 OK/);
      await waitFor(() => !fresh.socket.connecting, 'the fresh connection');

      await gate.drain();
      using late = new RawClient(gate.port);

      await Promise.all([idle.untilClosed(), fresh.untilClosed(), late.untilClosed()]);
      assert.equal(late.received, '');
    },

    'answers a request that comes on an open connection, with Connection: close': async () => {
      const answers: ServerResponse[] = [];
      await using upstream = await startUpstream((_request, response) => answers.push(response));
      await using gate = await startTestGate(upstream);
      using client = new RawClient(gate.port);
      client.send('GET /api/1 HTTP/1.1\r\nHost: h\r\n\r\n');
      await waitFor(() => answers.length === 1, 'the first request');

      const drained = gate.drain();
      client.send('GET /api/2 HTTP/1.1\r\nHost: h\r\n\r\n');
      const takesIt = differs('drain', { node: true, nginx: false });
      if (takesIt) await waitFor(() => answers.length === 2, 'the second request');
      while (await accepts('127.0.0.1', gate.port)) await sleep(POLL_MS);
      for (const answer of answers) answer.end('ok');
      await drained;

      const received = await client.untilClosed();
      if (takesIt) assert.match(received, /^HTTP\/1\.1 200 OK[\s\S]*connection: close/i);
      else assert.equal(received.match(/^HTTP\/1\.1 200 OK/gm)?.length, 1);
    },

    'breaks off what is left when drainMs has passed': async () => {
      await using upstream = await startUpstream(() => undefined);
      await using gate = await startTestGate(upstream, { drainMs: 100 });
      using client = new RawClient(gate.port);
      const arrived = once(upstream.server, 'request');
      client.send('GET /api HTTP/1.1\r\nHost: h\r\n\r\n');
      await arrived;

      const startedMs = performance.now();
      await gate.drain();

      assert.ok(performance.now() - startedMs >= 90);
      await client.untilClosed();
    },

    'says 1001 to a WebSocket at the end of the frame that is under way, not within it': async () => {
      let finishFrame: () => void = () => assert.fail('no upgrade arrived');
      const server = createServer();
      server.on('upgrade', (_request, socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
        socket.write(Buffer.from([0x82, 126, 0, 200, 1, 2, 3]));
        finishFrame = () => socket.write(Buffer.alloc(197, 7));
        socket.on('data', () => socket.end());
      });
      await using upstream = await listenAsUpstream(server);
      await using gate = await startTestGate(upstream, {
        routes: [route(upstream, { prefix: '/ws', upgrade: true })],
        drainMs: differs('drain', { node: 60_000, nginx: 300 }),
      });
      using client = new RawClient(gate.port);
      client.send('GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      await client.until(/\x01\x02\x03$/);

      const drained = gate.drain();
      finishFrame();
      const received = await client.untilClosed();
      await drained;

      const farewell = differs('drain', { node: '\x88\x02\x03\xe9', nginx: '' });
      assert.ok(received.endsWith(`\x01\x02\x03${'\x07'.repeat(197)}${farewell}`));
    },

    'ends an event stream, whole, rather than wait for it': async () => {
      let upstreamLost = false;
      await using upstream = await startUpstream((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: one\n\n');
        response.on('close', () => {
          upstreamLost = true;
        });
      });
      const drainMs = differs('drain', { node: 60_000, nginx: 300 });
      await using gate = await startTestGate(upstream, { drainMs });
      using client = new RawClient(gate.port);
      client.send('GET /api HTTP/1.1\r\nHost: h\r\n\r\n');
      await client.until(/data: one/);

      await gate.drain();

      assert.match(
        await client.untilClosed(),
        differs('drain', { node: /data: one[\s\S]*\r\n0\r\n\r\n$/, nginx: /data: one\n\n\r\n$/ }),
      );
      await waitFor(() => upstreamLost, 'the upstream to hear of it');
    },
  });

  // nginx closes idle connections at once.
  if (differs('drain', { node: true, nginx: false })) {
    const askAmongACrowd = async () => {
      await using upstream = await startUpstream(echo);
      await using gate = await startTestGate(upstream);
      using client = new RawClient(gate.port);
      await client.send('GET /api HTTP/1.1\r\nHost: h\r\n\r\n').until(/200 OK/);

      const closed = Promise.withResolvers<void>();
      let drained: Promise<void>;
      {
        using _ = crowdAt(gate.port);
        drained = gate.drain(undefined, closed.resolve);
        client.send('GET /api/second HTTP/1.1\r\nHost: h\r\n\r\n');
        await client.until(/200 OK[\s\S]*200 OK[\s\S]*second/);
        assert.doesNotMatch(client.received, /^connection: close/im);
      }
      await closed.promise;
      client.send('GET /api/last HTTP/1.1\r\nHost: h\r\n\r\n');
      await drained;

      assert.match(await client.untilClosed(), /second[\s\S]*200 OK[\s\S]*connection: close/i);
    };
    const askOneThatShares = async () => {
      await using upstream = await startUpstream(echo);
      const start = (isShared: boolean) =>
        startTestGate(upstream, { listen: { host: '127.0.0.1', port: 0, isShared }, drainMs: 60_000 });
      await using alone = await start(false);
      await using shared = await start(true);
      using clientOfAlone = new RawClient(alone.port);
      using clientOfShared = new RawClient(shared.port);
      for (const client of [clientOfAlone, clientOfShared])
        await client.send('GET /api HTTP/1.1\r\nHost: h\r\n\r\n').until(/200 OK/);

      const drained = [shared.drain(), alone.drain()];
      await clientOfAlone.untilClosed();
      clientOfShared.send('GET /api/last HTTP/1.1\r\nHost: h\r\n\r\n');
      await Promise.all(drained);

      assert.match(await clientOfShared.untilClosed(), /200 OK[\s\S]*200 OK[\s\S]*last/);
    };
    concurrently({
      'waits longer for a last request where another gate may share its port': async () => {
        // The gate that may share its port waits 2 s longer, in which the last request must come.
        await undisturbed(2_000, askOneThatShares);
      },

      'tells nobody to leave while its port is open: all would come back in the moment in which it closes':
        async () => {
          // The port closes after 1 s under any load, and then a client has 500 ms for its last request.
          await undisturbed(500, askAmongACrowd);
        },
    });

    it('answers what came on a kept connection while it had no turn', async () => {
      await using upstream = await startUpstream(echo);
      await using gate = await startTestGate(upstream);
      assert.match(
        await askWhileHeld(gate.port, () => gate.drain()),
        /^HTTP\/1\.1 200 OK[\s\S]*connection: close/i,
      );
    });
  }
});
