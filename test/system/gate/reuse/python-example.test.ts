import assert from 'node:assert/strict';
import { attackText, FRAMINGS, METHODS } from '../../../support/gate/reuse/attack.ts';
import { hasPython, startPythonExample } from '../../../support/gate/reuse/services.ts';
import { RawClient } from '../../../support/gate/test-gate.ts';
import { sayNotTested } from '../../../support/netns/say-what-lacks.ts';

describe('the Python example, of its own', () => {
  if (!hasPython) {
    sayNotTested('the example service', 'python3 is missing');
    return;
  }

  for (const framing of FRAMINGS) {
    it(`reads every body that it receives (${framing})`, async () => {
      await using example = await startPythonExample();
      for (const method of METHODS) {
        using client = new RawClient(example.port);
        const { head, body } = attackText(method, framing, 'smuggled');
        client.send(
          `${head}${body}GET /greet/hello?name=next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`,
        );
        const received = await client.untilClosed();
        // It has no other method than GET: it answers 501 and closes, having read the body.
        assert.match(received, method === 'GET' ? /Hello, next/ : /^HTTP\/1\.1 501 /, method);
        assert.doesNotMatch(received, /smuggled/, method);
      }
    });
  }

  it('closes a connection whose body is broken off', async () => {
    await using example = await startPythonExample();
    using client = new RawClient(example.port);
    client.send('GET /greet/none HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf').socket.end();
    assert.equal(await client.untilClosed(), '');
  });
});
