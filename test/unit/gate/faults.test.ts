import assert from 'node:assert/strict';
import { ServerResponse } from 'node:http';
import { createLog } from '../../../services/runtime/log.ts';
import { saying, startScripted } from '../../support/gate/responses/scripted-service.ts';
import {
  exchangeRaw,
  RawClient,
  route,
  startTestGate,
  startUpstream,
  waitFor,
} from '../../support/gate/test-gate.ts';

const GET = 'GET /api HTTP/1.1\r\nHost: h\r\n\r\n';
const UPGRADE =
  'GET /api HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
const RESPONSES: readonly (readonly [what: string, parts: readonly string[]])[] = [
  ['with its body', ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok']],
  ['in chunks', ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '2\r\nok\r\n', '0\r\n\r\n']],
  ['without a body', ['HTTP/1.1 304 Not Modified\r\n\r\n']],
];

/** A fault that no one thought of: a method of a response throws, once or each time. */
describe('gate in TypeScript, when a method of its response throws', () => {
  for (const [what, parts] of RESPONSES) {
    for (const method of ['writeHead', 'write', 'end', 'flushHeaders'] as const) {
      for (const often of ['once', 'each time'] as const) {
        it(`ends the exchange of a response ${what}: ${method}, ${often}`, async () => {
          await using service = await startScripted(() => saying(...parts));
          await using gate = await startTestGate(service);
          using fault = throwing(method, often === 'once');
          using client = new RawClient(gate.port);

          client.send(GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
          const received = await client.untilClosed();

          if (method === 'writeHead')
            assert.match(received, /^HTTP\/1\.1 502 Bad Gateway\r\n[\s\S]*"status":502/);
          if (fault.calls > 0) assert.doesNotMatch(received, /\r\n0\r\n\r\n$|\r\n\r\nok$/);
          fault[Symbol.dispose]();
          const next = await exchangeRaw(gate.port, GET);
          assert.equal(next.status, Number(/ (\d{3}) /.exec(parts[0] ?? '')?.[1]));
        });
      }
    }
  }

  it('answers a pipelined request in its turn all the same', async () => {
    await using service = await startScripted((path) =>
      path === '/api/late'
        ? saying('HTTP/1.1 200 OK\r\n', 'Content-Length: 2\r\nConnection: close\r\n', '\r\nok')
        : saying('HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n'),
    );
    await using gate = await startTestGate(service);
    using _fault = throwing('writeHead', false, ({ req }) => req.url === '/api');
    using client = new RawClient(gate.port);
    const received = await client.send(GET.replace('/api', '/api/late') + GET).untilClosed();
    assert.match(received, /^HTTP\/1\.1 200 OK[\s\S]*okHTTP\/1\.1 502 Bad Gateway[\s\S]*"status":502/);
  });

  it('closes the connection of a pipelined request whose response breaks off before its turn', async () => {
    let answerLate: (() => void) | undefined;
    let isBroken = false;
    await using service = await startUpstream((request, response) => {
      if (request.url === '/api/late') answerLate = () => response.end('late');
      else if (request.url === '/api/plain') response.end('plain');
      else {
        response.write('some');
        setImmediate(() => response.destroy());
        response.on('close', () => {
          isBroken = true;
        });
      }
    });
    await using gate = await startTestGate(service);
    using client = new RawClient(gate.port);
    client.send(GET.replace('/api', '/api/late') + GET);
    await waitFor(() => isBroken && answerLate !== undefined, 'both requests');
    // When this is answered, the gate has seen what came before.
    await exchangeRaw(gate.port, GET.replace('/api', '/api/plain'));
    answerLate?.();
    assert.match(await client.untilClosed(), /late/);
  });
});

describe('gate in TypeScript, when its log throws', () => {
  for (const [what, request] of [
    ['a request', GET],
    ['an upgrade', UPGRADE],
  ] as const) {
    it(`closes the connection of ${what} that it cannot answer, and goes on`, async () => {
      const log = createLog('gate', 'silent');
      let calls = 0;
      Reflect.set(log, 'warn', () => {
        calls += 1;
        throw new Error('the disk of the log is full');
      });
      await using service = await startScripted((path) =>
        saying(path === '/api/odd' ? '' : (RESPONSES[0]?.[1][0] ?? '')),
      );
      await using gate = await startTestGate(service, { log, routes: [route(service, { upgrade: true })] });
      using client = new RawClient(gate.port);
      assert.equal(await client.send(request.replace('/api', '/api/odd')).untilClosed(), '');
      assert.equal(calls, 1);
      assert.equal((await exchangeRaw(gate.port, GET)).status, 200);
    });
  }

  it('answers 500 when the body of /health/live cannot be made', async () => {
    await using service = await startScripted(() => saying(''));
    await using gate = await startTestGate(service, {
      live: () => {
        throw new Error('no state');
      },
    });
    const { status, code } = await exchangeRaw(gate.port, 'GET /health/live HTTP/1.1\r\nHost: h\r\n\r\n');
    assert.deepEqual([status, code], [500, 'internal_error']);
  });
});

describe('gate in TypeScript, when it meets an error that nobody foresaw', () => {
  it('logs the error under the id of the request', async () => {
    const lines: string[] = [];
    const log = createLog('gate', 'error', { write: (line) => void lines.push(line) });
    await using service = await startScripted(() => saying(''));
    await using gate = await startTestGate(service, {
      log,
      live: () => {
        throw new Error('no state');
      },
    });
    const { head } = await exchangeRaw(gate.port, 'GET /health/live HTTP/1.1\r\nHost: h\r\n\r\n');
    const { err, request_id } = JSON.parse(lines[0] ?? '{}');
    assert.equal(err?.message, 'no state');
    assert.equal(request_id, /^x-request-id: (.*?)\r?$/m.exec(head)?.[1]);
  });
});

/** Makes a method of the responses of this process throw until it is disposed of. */
function throwing(
  method: 'writeHead' | 'write' | 'end' | 'flushHeaders',
  once: boolean,
  applies: (response: ServerResponse) => boolean = () => true,
): Disposable & { readonly calls: number } {
  const original = Object.getOwnPropertyDescriptor(ServerResponse.prototype, method);
  const inherited: unknown = Reflect.get(ServerResponse.prototype, method);
  let calls = 0;
  Reflect.set(
    ServerResponse.prototype,
    method,
    function (this: ServerResponse, ...values: unknown[]): unknown {
      if (applies(this) && (!once || calls === 0)) {
        calls += 1;
        throw new Error(`${method} failed`);
      }
      return typeof inherited === 'function' ? Reflect.apply(inherited, this, values) : undefined;
    },
  );
  return {
    get calls() {
      return calls;
    },
    [Symbol.dispose]: () => {
      if (original === undefined) Reflect.deleteProperty(ServerResponse.prototype, method);
      else Object.defineProperty(ServerResponse.prototype, method, original);
    },
  };
}
