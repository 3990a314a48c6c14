import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { mock } from 'node:test';
import { endAfterBody } from '../../../../services/gate/answer/lingering-close.ts';
import { listenAsUpstream, RawClient } from '../../../support/gate/test-gate.ts';

describe('gate, an answer to a request whose body does not end', () => {
  it('ends after 2 s', async () => {
    const endedAfterMs: number[] = [];
    const server = createServer((request, response) => {
      response.writeHead(408, { connection: 'close' }).write('refused');
      mock.timers.enable({ apis: ['setTimeout'] });
      endAfterBody(request, response);
      for (let passedMs = 0; passedMs < 4_000 && !response.writableEnded; passedMs += 500) {
        mock.timers.tick(500);
        if (response.writableEnded) endedAfterMs.push(passedMs + 500);
      }
      mock.timers.reset();
    });
    await using upstream = await listenAsUpstream(server);
    using client = new RawClient(upstream.port);

    client.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nsome');

    assert.match(await client.untilClosed(), /^HTTP\/1\.1 408 [\s\S]*refused/);
    assert.deepEqual(endedAfterMs, [2_000]);
  });
});
