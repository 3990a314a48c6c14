import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { GATES } from './gates.ts';
import { echo, RawClient, route, startTestGate, startUpstream } from './support.ts';

const nginx = GATES.find(({ name }) => name === 'nginx');

describe('nginx gate, on its idle connections', () => {
  for (const internal of [true, false])
    it(`gives up that to a service that is ${internal ? '' : 'not '}of the kit before the service would`, async () => {
      await using upstream = await startUpstream(echo);
      // Of the kit's own sooner by far than the others', though not to the millisecond on a busy machine.
      const limitMs = internal ? 2_000 : upstream.server.keepAliveTimeout;
      // It is nginx that ends them here, or nobody.
      upstream.server.keepAliveTimeout = 60_000;
      await using gate = await startTestGate(
        upstream,
        { routes: [route(upstream, { internal })] },
        nginx?.start,
      );
      using client = new RawClient(gate.port);
      const connected = once(upstream.server, 'connection');
      await client.send('GET /api HTTP/1.1\r\nHost: h\r\n\r\n').until(/200 OK/);

      const [socket] = (await connected) as [Socket];
      const fromMs = performance.now();
      await once(socket, 'end');
      assert.ok(performance.now() - fromMs < limitMs, `${performance.now() - fromMs} ms`);
    });
});
