import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { KitError } from '../../../services/contract/errors.ts';
import { createLog } from '../../../services/runtime/log.ts';
import { assignPorts, type PortRequest } from '../../../services/supervisor/ports/assign-ports.ts';
import { freePort } from '../../support/free-port.ts';

const HOST = '127.0.0.1';

async function occupy(): Promise<{ port: number } & AsyncDisposable> {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { port: address.port, [Symbol.asyncDispose]: async () => void server.close() };
}

function assign(...requests: readonly Omit<PortRequest, 'host'>[]) {
  const lines: string[] = [];
  const log = createLog('supervisor', 'info', { write: (line) => lines.push(line) });
  return {
    lines,
    ports: assignPorts(
      requests.map((request) => ({ ...request, host: HOST })),
      log,
    ),
  };
}

const api = (port: number, mayMove: boolean) =>
  ({ name: 'api', variable: 'API_PORT', port, mayMove }) as const;
const bridge = (port: number, mayMove: boolean) =>
  ({ name: 'bridge', variable: 'WHATSAPP_BRIDGE_PORT', port, mayMove }) as const;

describe('ports of the kit', () => {
  it('stay as requested where they are free', async () => {
    const port = await freePort();
    const { lines, ports } = assign(api(port, true));
    assert.deepEqual([...(await ports)], [['api', port]]);
    assert.deepEqual(lines, []);
  });

  it('move where they may, and the log names the holder', async () => {
    await using holder = await occupy();
    const { lines, ports } = assign(api(holder.port, true));
    const moved = (await ports).get('api');
    assert.ok(moved !== undefined && moved > holder.port);
    assert.match(
      lines.join(''),
      new RegExp(`API_PORT ${holder.port} is in use by pid ${process.pid} \\(.+\\): api moves to ${moved}"`),
    );
  });

  it('are refused where they may not move: each with its holder and a remedy', async () => {
    await using first = await occupy();
    await using second = await occupy();
    const { ports } = assign(api(first.port, false), bridge(second.port, false));
    const held = (variable: string, port: number) =>
      `${variable} ${port} is in use by pid ${process.pid} \\(.+\\): stop that process, or set ${variable} to another port`;
    await assert.rejects(ports, (error) => {
      assert.ok(error instanceof KitError && error.code === 'port_busy');
      assert.match(
        error.message,
        new RegExp(`^${held('API_PORT', first.port)}\n${held('WHATSAPP_BRIDGE_PORT', second.port)}$`),
      );
      return true;
    });
  });

  it('that may move give way to those that may not, whatever the order', async () => {
    const port = await freePort();
    const { lines, ports } = assign(bridge(port, true), api(port, false));
    const assigned = await ports;
    assert.equal(assigned.get('api'), port);
    assert.ok((assigned.get('bridge') ?? 0) > port);
    assert.match(lines.join(''), /is in use by another service of the kit: bridge moves to/);
  });

  it('never move to a port that another service requests', async () => {
    await using holder = await occupy();
    const { ports } = assign(api(holder.port, true), bridge(holder.port + 1, true));
    assert.ok(((await ports).get('api') ?? 0) > holder.port + 1);
  });
});
