import assert from 'node:assert/strict';
import { answerJson, SECRET, startWorld } from '../../../support/api/world.ts';
import { describeAllGates } from '../../../support/gate/describe-gates.ts';
import { exchange, METHODS } from '../../../support/gate/reuse/attack.ts';
import { startRecorder } from '../../../support/gate/reuse/recorder.ts';
import { startReadingService } from '../../../support/gate/reuse/services.ts';
import { route } from '../../../support/gate/test-gate.ts';

const KEY = 'a-key-of-the-api-that-is-long-enough';
const PATH = '/api/whatsapp/send';
/** Longer than the api takes (`DEFAULTS` of its tests): it answers at once and reads no more. */
const LONG_BYTES = 150_000;

describeAllGates('gate, before a kit service', ({ startTestGate }) => {
  it('reuses a connection after a body', async () => {
    await using service = await startReadingService();
    await using recorder = await startRecorder(service);
    await using gate = await startTestGate(recorder);
    await exchange(gate.port, 'POST /api HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody');
    await exchange(gate.port, 'GET /api HTTP/1.1\r\nHost: h\r\n\r\n');
    assert.deepEqual(
      recorder.connections.map((requests) => requests.length),
      [2],
    );
  });

  for (const [what, headers, length] of [
    ['without a key', '', 0],
    ['with a key', `Authorization: Bearer ${KEY}\r\n`, 0],
    ['with a key, and more than the api takes', `Authorization: Bearer ${KEY}\r\n`, LONG_BYTES],
  ] as const) {
    it(`gives nobody the api’s answer to what a body holds (${what})`, async () => {
      await using world = await startWorld(answerJson(200, { code: 'ABCD1234' }), [KEY]);
      const api = { host: '127.0.0.1', port: Number(new URL(world.origin).port) };
      await using gate = await startTestGate(api, { secret: SECRET, routes: [route(api)] });
      for (const method of METHODS) {
        const smuggled = 'GET /internal/ready HTTP/1.1\r\nHost: h\r\n\r\n';
        const body = smuggled.repeat(Math.max(1, length / smuggled.length));
        await exchange(
          gate.port,
          `${method} ${PATH} HTTP/1.1\r\nHost: h\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`,
        );
        const {
          status,
          head,
          body: answer,
        } = await exchange(
          gate.port,
          `GET /api/innocent HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${KEY}\r\n\r\n`,
        );
        const requestId = /^x-request-id: (\S+)\r?$/im.exec(head)?.[1];
        assert.deepEqual([status, JSON.parse(answer).request_id], [404, requestId], `after ${method}`);
      }
    });
  }
});
