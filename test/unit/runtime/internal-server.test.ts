import assert from 'node:assert/strict';
import { createInternalServer } from '../../../services/runtime/http/internal-server.ts';
import { attackText, FRAMINGS, METHODS } from '../../support/gate/reuse/attack.ts';
import { listenAsUpstream, RawClient } from '../../support/gate/test-gate.ts';

describe('a server of the kit, whose handler answers without reading the body', () => {
  for (const framing of FRAMINGS) {
    it(`discards the body, and reads the next request behind it (${framing})`, async () => {
      const seen: string[] = [];
      await using server = await listenAsUpstream(
        createInternalServer((request, response) => {
          seen.push(`${request.method}`);
          response.end();
        }),
      );
      using client = new RawClient(server.port);
      for (const method of METHODS) {
        const { head, body } = attackText(method, framing, 'smuggled');
        client.send(head + body);
      }
      client.send('GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
      await client.untilClosed();
      assert.deepEqual(seen, [...METHODS, 'GET']);
    });
  }
});
