import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { socketInodes } from '../../../services/runtime/process/port-owner.ts';
import { listPids } from '../../../services/runtime/process/process-table.ts';
import type { Kit } from '../../support/kit/kit.ts';
import { sharedKit } from '../../support/kit/shared-kit.ts';

describe('kit, with a client that tries to get behind the gate', () => {
  let kit: Kit;
  before(async () => {
    kit = await sharedKit();
  });

  /** Sends raw bytes to the public port. Returns the whole answer. */
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
});

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
