import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { socketInodes } from '../../../services/runtime/process/port-owner.ts';
import { listPids } from '../../../services/runtime/process/process-table.ts';
import { type Kit, startKit } from '../../support/kit/kit.ts';

describe('kit, seen by whoever tries to get behind the gate', function () {
  this.timeout(90_000);
  let kit: Kit;
  before(async () => {
    kit = await (await startKit()).ready();
  });
  after(() => kit[Symbol.asyncDispose]());

  /** What came back for raw bytes, and nothing that only a service behind the gate would say. */
  async function send(lines: string): Promise<string> {
    const socket = connect(kit.ports.PORT, '127.0.0.1');
    await once(socket, 'connect');
    socket.end(lines.replaceAll('\n', '\r\n'));
    return text(socket);
  }

  const internal = ['/internal/ready', '/internal/events', '/send', '/status', '/qr', '/chats'];
  const spellings = (path: string) => [
    path,
    path.toUpperCase(),
    `/${path}`,
    `/.${path}`,
    `/api/..${path}`,
    `/api/%2e%2e${path}`,
    `/api/..%2f${path.slice(1)}`,
    `/%2f${path.slice(1)}`,
    `/%69nternal${path.replace('/internal', '')}`,
    `${path}#/api`,
    `/\\${path.slice(1)}`,
    `${path};/api`,
    `${path}%00`,
    `/api\\..\\${path.slice(1)}`,
    `/health${path}`,
    `/health/..${path}`,
  ];
  const services = ['API_PORT', 'WHATSAPP_BRIDGE_PORT', 'CONTROL_PORT'] as const;

  for (const path of internal) {
    it(`reaches nothing internal by any spelling of ${path}`, async () => {
      for (const target of spellings(path)) {
        const answer = await send(`GET ${target} HTTP/1.1\nHost: localhost\nConnection: close\n\n`);
        assert.match(answer, /^HTTP\/1\.1 (400|403|404) /, `${target}\n${answer}`);
        assert.match(answer, /application\/problem\+json/, target);
        assert.ok(!/whatsapp_ready|"status":"ok"/.test(answer), `${target}\n${answer}`);
      }
    });
  }

  for (const service of services) {
    it(`reaches ${service} neither by Host, nor by absolute target, nor by CONNECT or upgrade`, async () => {
      const authority = `127.0.0.1:${kit.ports[service]}`;
      const attempts = [
        `GET /send HTTP/1.1\nHost: ${authority}\nConnection: close\n\n`,
        `GET http://${authority}/health HTTP/1.1\nHost: localhost\nConnection: close\n\n`,
        `GET http://${authority}/status HTTP/1.1\nHost: ${authority}\nConnection: close\n\n`,
        `CONNECT ${authority} HTTP/1.1\nHost: ${authority}\n\n`,
        `GET /status HTTP/1.1\nHost: ${authority}\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n\n`,
        `GET http://${authority}/send HTTP/1.1\nHost: localhost\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n\n`,
      ];
      for (const attempt of attempts)
        assert.match(await send(attempt), /^HTTP\/1\.1 (400|403|404|405) /, attempt);
    });
  }

  it('takes no secret from outside for its own', async () => {
    const answer = await send(
      `POST /send HTTP/1.1\nHost: localhost\nX-Gatehouse-Secret: guess\nContent-Length: 0\nConnection: close\n\n`,
    );
    assert.match(answer, /^HTTP\/1\.1 404 /);
  });

  it('answers nobody on loopback without the boot secret, but for the health of the bridge', async () => {
    const { API_PORT, WHATSAPP_BRIDGE_PORT, CONTROL_PORT, SANDBOX_PORT } = kit.ports;
    const doors: [number, string][] = [
      [API_PORT, '/api/whatsapp/status'],
      [WHATSAPP_BRIDGE_PORT, '/status'],
      [WHATSAPP_BRIDGE_PORT, '/send'],
      [CONTROL_PORT, '/health'],
      [SANDBOX_PORT, '/sandbox/api/messages'],
    ];
    for (const [port, path] of doors) {
      for (const headers of [{}, { 'x-gatehouse-secret': 'x'.repeat(64) }]) {
        const response = await fetch(`http://127.0.0.1:${port}${path}`, {
          method: path === '/send' ? 'POST' : 'GET',
          headers,
        });
        assert.equal(response.status, 403, `${port}${path}`);
      }
    }
    const health = await (await fetch(`http://127.0.0.1:${WHATSAPP_BRIDGE_PORT}/health`)).json();
    assert.equal(health.status, 'ok');
    assert.equal(health.port, WHATSAPP_BRIDGE_PORT);
    assert.equal(health.whatsapp_ready, true);
  });

  it('listens on loopback only, browser included', () => {
    const own = new Set([...kit.processes, kit.child.pid]);
    const addresses = listPids()
      .filter((pid) => own.has(pid))
      .flatMap(listeningAddresses);
    assert.ok(addresses.length >= 6, `expected the kit's ports among ${addresses}`);
    for (const address of addresses)
      assert.match(address, /^(0100007F|00000000000000000000000001000000):/, address);
  });

  it('lets no web page of another site drive it, not even by a name that leads here', async () => {
    const cases: Record<string, string>[] = [
      { host: 'evil.example' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
    ];
    for (const headers of cases) {
      const lines = Object.entries({ host: 'localhost', ...headers })
        .map(([name, value]) => `${name}: ${value}\n`)
        .join('');
      const body = '{"chat_id":"15551234567","message":"x"}';
      const answer = await send(
        `POST /api/whatsapp/send HTTP/1.1\n${lines}Content-Type: application/json\nContent-Length: ${body.length}\nConnection: close\n\n${body}`,
      );
      assert.match(answer, /^HTTP\/1\.1 403 /, JSON.stringify(headers));
      assert.match(answer, /origin_refused/);
    }
  });

  it('is still up after a GET with a Trailer header and 1,000 random requests', async () => {
    const gate = kit.pidOf('gate');
    await send('GET /health HTTP/1.1\nHost: localhost\nTrailer: X\nConnection: close\n\n');
    const seed = Date.now();
    const random = mulberry(seed);
    const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] ?? '';
    for (let count = 0; count < 1_000; count += 20) {
      await Promise.all(Array.from({ length: 20 }, () => send(randomRequest(pick, random)).catch(() => '')));
    }
    assert.equal((await fetch(`${kit.origin}/health/live`)).status, 200, `seed ${seed}`);
    assert.equal(kit.pidOf('gate'), gate, `the gate died; seed ${seed}`);
  });
});

function randomRequest(pick: (list: readonly string[]) => string, random: () => number): string {
  const junk = () =>
    String.fromCharCode(
      ...Array.from({ length: Math.floor(random() * 12) }, () => Math.floor(random() * 256)),
    );
  const method = pick([
    'GET',
    'POST',
    'HEAD',
    'DELETE',
    'OPTIONS',
    'TRACE',
    'CONNECT',
    'PUT',
    'BREW',
    junk(),
  ]);
  const target = pick([
    '/',
    '*',
    '/api/events?after=1',
    '/health',
    '/api/whatsapp/status',
    '//x',
    '/%zz',
    'http://a/b',
    `/${junk()}`,
    '/sandbox',
    '/api/'.repeat(40),
  ]);
  const headers = Array.from({ length: Math.floor(random() * 6) }, () =>
    pick([
      'Trailer: X',
      'TE: trailers',
      'Connection: close, X-A',
      'Upgrade: websocket',
      'Transfer-Encoding: chunked',
      'Content-Length: 5',
      'Expect: 100-continue',
      'Expect: x',
      'Host: b',
      'Host:',
      'X-A: b',
      `${junk()}: ${junk()}`,
      'Keep-Alive: timeout=1',
    ]),
  );
  return `${method} ${target} ${pick(['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/0.9', ''])}\nHost: localhost\n${headers.map((line) => `${line}\n`).join('')}Connection: close\n\n${pick(['', '', 'hello', '5\nhello\n0\n\n'])}`;
}

/** A small generator with a seed. Source: mulberry32, public domain. */
function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The addresses, in the kernel's hexadecimal, on which a process listens. */
function listeningAddresses(pid: number): string[] {
  const inodes = new Set(socketInodes(pid));
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .split('\n')
      .slice(1)
      .flatMap((line) => {
        const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
        return state === '0A' && inodes.has(inode) ? [local] : [];
      }),
  );
}
