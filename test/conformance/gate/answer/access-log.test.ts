import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import request from 'supertest';
import { createLog } from '../../../../services/runtime/log.ts';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import { shareGate } from '../../../support/gate/share-gate.ts';
import { exchangeRaw, RawClient, waitFor } from '../../../support/gate/test-gate.ts';

describeGates('gate, its log', ({ startTestGate, differs }) => {
  const { log, lines, write } = recordLog();
  const gate = shareGate({ startTestGate: (upstream) => startTestGate(upstream, { log }, write) });
  beforeEach(() => {
    lines.length = 0;
  });

  it('has one line for a request, with what came of it', async () => {
    const { headers } = await request(gate.origin).post('/api?key=hidden&q=1').send('12345').expect(200);
    await waitFor(() => lines.length === 1, 'the line');

    const { method, path, status, bytes_in, request_id, client, service, aborted } = lines[0] ?? {};
    assert.deepEqual(
      { method, path, status, bytes_in, request_id, client, service, aborted },
      {
        method: 'POST',
        path: differs('log', { node: '/api?key=[secret]&q=1', nginx: '/api' }),
        status: 200,
        bytes_in: differs('log', { node: 5, nginx: bytes_in }),
        request_id: headers['x-request-id'],
        client: '127.0.0.1',
        service: 'api',
        aborted: undefined,
      },
    );
  });

  it('names the code of a refusal', async () => {
    await request(gate.origin).get('/nowhere').expect(404);
    await waitFor(() => lines.length === 1, 'the line');

    assert.equal(lines[0]?.code, 'route_unknown');
  });

  it('stays JSON, whatever the target', async () => {
    const targets = ['/api?q="}', '/api?q=\\', '/api?q=\\u0000"', '/api?q={"a":1}', '/a"b\\'];
    for (const target of targets) await exchangeRaw(gate.port, `GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`);
    await waitFor(() => lines.length === targets.length, 'the lines');

    const paths = lines.map(({ path }) => path);
    assert.deepEqual(paths, differs('log', { node: targets, nginx: paths }));
  });

  it('says when a client left', async () => {
    gate.answerWith(() => undefined);
    using client = new RawClient(gate.port);
    client.send('GET /api HTTP/1.1\r\nHost: h\r\n\r\n');
    await request(gate.origin).get('/health/live').expect(200);

    client.socket.destroy();
    await waitFor(() => lines.some((line) => line.aborted === true && line.status === 499), 'the line');
  });
});

function recordLog() {
  const lines: Record<string, unknown>[] = [];
  const write = (text: string) => {
    for (const line of text.trimEnd().split('\n')) {
      const parsed: unknown = JSON.parse(line);
      if (typeof parsed === 'object' && parsed !== null && 'msg' in parsed && parsed.msg === 'request')
        lines.push({ ...parsed });
    }
  };
  const stream = new Writable({
    write(chunk, _encoding, done) {
      write(String(chunk));
      done();
    },
  });
  return { log: createLog('gate', 'info', stream), lines, write };
}
