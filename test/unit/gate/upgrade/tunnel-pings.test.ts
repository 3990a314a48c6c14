import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer as createNetServer, type Socket } from 'node:net';
import { PING } from '../../../../services/gate/connections/frames.ts';
import { Tunnel } from '../../../../services/gate/connections/tunnel.ts';
import { waitFor } from '../../../support/gate/test-gate.ts';

describe('Tunnel', () => {
  it('writes no ping to a client that has yet to read what waits for it', async () => {
    await using client = await connectedPair();
    await using upstream = await connectedPair();
    const tunnel = new Tunnel(client.near, upstream.near);
    client.far.pause();
    client.near.write(Buffer.alloc(32 * 1024 * 1024));
    const waiting = client.near.writableLength;
    assert.ok(waiting > 0);

    for (let round = 0; round < 1_000; round += 1) tunnel.pingIfQuiet(100, 100);

    assert.equal(client.near.writableLength, waiting);
    assert.equal(client.near.destroyed, false);
  });

  it('pings again when the client has read', async () => {
    await using client = await connectedPair();
    await using upstream = await connectedPair();
    const tunnel = new Tunnel(client.near, upstream.near);
    const received: Buffer[] = [];
    client.far.on('data', (chunk: Buffer) => received.push(chunk));
    tunnel.pingIfQuiet(100, 100);
    tunnel.pingIfQuiet(100, 100);
    await waitFor(() => Buffer.concat(received).length === 2 * PING.length, 'two pings');
    assert.deepEqual(Buffer.concat(received), Buffer.concat([PING, PING]));
  });
});

/** Two ends of one connection. */
async function connectedPair() {
  const server = createNetServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const accepted: Promise<Socket[]> = once(server, 'connection');
  const far = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1');
  const [near] = await accepted;
  if (near === undefined) throw new Error('no connection');
  for (const socket of [near, far]) socket.on('error', () => socket.destroy());
  return {
    near,
    far,
    async [Symbol.asyncDispose]() {
      near.destroy();
      far.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
