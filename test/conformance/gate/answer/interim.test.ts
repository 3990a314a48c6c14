import assert from 'node:assert/strict';
import { freePort } from '../../../support/free-port.ts';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import { isRecentNginx } from '../../../support/gate/gates.ts';
import { shareGate } from '../../../support/gate/share-gate.ts';
import { RawClient } from '../../../support/gate/test-gate.ts';

const EXPECTING = 'POST /api HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n';

describeGates('gate, interim responses', (gateUnderTest) => {
  const { differs } = gateUnderTest;
  const gate = shareGate(gateUnderTest);

  it('passes 103 and its headers before the answer', async () => {
    gate.answerWith((_request, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      response.end('done');
    });
    using client = new RawClient(gate.port);

    const received = await client.send('GET /api HTTP/1.1\r\nHost: h\r\n\r\n').until(/done/);

    assert.match(
      received,
      differs('interim', {
        node: /^HTTP\/1\.1 103 Early Hints\r\nlink: <\/style\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK/i,
        // The gate's own lines show that it took this for the answer.
        nginx: isRecentNginx
          ? /^HTTP\/1\.1 200 OK/
          : /^HTTP\/1\.1 103 Early Hints\r\n(?:.+\r\n)*Via: 1\.1 gatehouse\r\n\r\nHTTP\/1\.1 200 OK/i,
      }),
    );
  });

  it('passes 102', async () => {
    gate.answerWith((_request, response) => {
      response.writeProcessing();
      response.end('done');
    });
    using client = new RawClient(gate.port);

    assert.match(await client.send('GET /api HTTP/1.1\r\nHost: h\r\n\r\n').until(/done/), /^HTTP\/1\.1 102 /);
  });

  it('sends none to HTTP/1.0', async () => {
    gate.answerWith((_request, response) => {
      // nginx 1.22 takes the 103 for the answer, and waits for the end of its body until this connection closes.
      response.setHeader('connection', 'close');
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      response.end('done');
    });
    using client = new RawClient(gate.port);

    assert.match(
      await client.send('GET /api HTTP/1.0\r\nHost: h\r\n\r\n').untilClosed(),
      differs('interim', {
        node: /^HTTP\/1\.1 200 /,
        nginx: isRecentNginx ? /^HTTP\/1\.1 200 / : /^HTTP\/1\.1 103 /,
      }),
    );
  });
});

describeGates('gate, Expect: 100-continue', (gateUnderTest) => {
  const { differs, name, startTestGate } = gateUnderTest;
  const gate = shareGate(gateUnderTest);

  it('asks for the body once the request is on its way, and passes it', async () => {
    let expectation: string | undefined = 'not asked';
    gate.answerWith((request, response) => {
      expectation = request.headers.expect;
      request.pipe(response);
    });
    using client = new RawClient(gate.port);

    await client.send(`${EXPECTING}\r\n`).until(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
    const received = await client.send('hello').until(/hello/);

    assert.match(received, /HTTP\/1\.1 200 OK/);
    assert.equal(expectation, undefined);
  });

  const refusals = [
    ['a path that no route names', EXPECTING.replace('/api', '/nowhere'), 404],
    ['a body that is too long', EXPECTING.replace(': 5', ': 2000000'), 413],
    ['a denied path', EXPECTING.replace('/api', '/internal'), 404],
    ['two Hosts', `${EXPECTING}Host: x\r\n`, 400],
  ] as const;
  for (const [what, text, status] of refusals) {
    it(`refuses ${what} without asking for the body`, async () => {
      gate.answerWith((_request, response) => response.end());
      using client = new RawClient(gate.port);

      const received = await client.send(`${text}\r\n`).until(/"code"/);

      const early = differs('expect', { node: '', nginx: '(?:HTTP/1\\.1 100 Continue\r\n\r\n)?' });
      assert.match(received, new RegExp(`^${early}HTTP/1\\.1 ${status} `));
      if (name === 'node') assert.match(await client.untilClosed(), /^connection: close$/im);
    });
  }

  it('does not ask for a body that no service can take', async () => {
    await using holding = await startTestGate(
      { host: '127.0.0.1', port: await freePort() },
      { limits: { holdMs: 50 } },
    );

    using client = new RawClient(holding.port);
    client.send(`${EXPECTING}\r\n`);
    const asked = differs('expect', { node: '', nginx: 'HTTP/1\\.1 100 Continue\r\n\r\n' });
    if (asked !== '') await client.until(/100 Continue/);
    if (asked !== '') client.send('hello');

    assert.match(await client.until(/service_unavailable/), new RegExp(`^${asked}HTTP/1\\.1 503 `));
  });
});
