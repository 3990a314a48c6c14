import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePorts, NO_BROWSER, startKit } from '../../support/kit/kit.ts';

describe('kit, told its ports by the environment', function () {
  this.timeout(90_000);

  it('takes BRIDGE_PORT where WHATSAPP_BRIDGE_PORT is empty', async () => {
    const ports = await freePorts();
    const env = { WHATSAPP_BRIDGE_PORT: '', BRIDGE_PORT: String(ports.WHATSAPP_BRIDGE_PORT) };
    await using kit = await (await startKit({ ports, env })).ready();
    assert.match(
      kit.output,
      new RegExp(`WhatsApp bridge will listen on port: ${ports.WHATSAPP_BRIDGE_PORT}\\b`),
    );
    assert.equal(
      (await kit.post('/api/whatsapp/send', { chat_id: '15551234567', message: 'x' })).status,
      200,
    );
  });

  it('lets WHATSAPP_BRIDGE_PORT win over BRIDGE_PORT, and says so', async () => {
    const ports = await freePorts();
    await using kit = await (
      await startKit({ args: ['start'], ports, env: { ...NO_BROWSER, BRIDGE_PORT: '8002' } })
    ).up();
    await kit.until('the bridge tells its port', () =>
      kit.output.includes(`WhatsApp bridge will listen on port: ${ports.WHATSAPP_BRIDGE_PORT}`),
    );
    assert.match(
      kit.output,
      /WHATSAPP_BRIDGE_PORT=\d+ and BRIDGE_PORT=8002 differ: WHATSAPP_BRIDGE_PORT wins/,
    );
  });

  it('moves an internal port that nobody set and that is busy, and everyone is told', async () => {
    const ports = await freePorts();
    const wished = [8002, 8003, 8004, 8005, 8006];
    // Whoever else holds one of them serves just as well.
    const squatters = await Promise.all(wished.map(occupy));
    try {
      const unset = {
        API_PORT: '',
        WHATSAPP_BRIDGE_PORT: '',
        SANDBOX_PORT: '',
        SANDBOX_WEB_PORT: '',
        CONTROL_PORT: '',
      };
      await using kit = await (await startKit({ ports, env: unset })).ready();
      assert.match(kit.output, /API_PORT 8003 is in use by pid \d+ \(.+\): api moves to \d+/);
      assert.equal(
        (await kit.post('/api/whatsapp/send', { chat_id: '15551234567', message: 'x' })).status,
        200,
      );
    } finally {
      for (const squatter of squatters) squatter?.close();
    }
  });

  it('ends with 69 and names the holder when a port that was set is busy, and starts nothing', async () => {
    const ports = await freePorts();
    const squatter = await occupy(ports.API_PORT);
    try {
      await using kit = await startKit({ args: ['start'], ports });
      assert.equal(await kit.exit, 69);
      assert.match(
        kit.output,
        new RegExp(
          `API_PORT ${ports.API_PORT} is in use by pid ${process.pid} \\(.+\\): stop that process, or set API_PORT to another port`,
        ),
      );
      assert.ok(!kit.output.includes('gate started'));
    } finally {
      squatter?.close();
    }
  });

  it('refuses a second kit on the same data folder, and leaves the first alone', async () => {
    await using first = await (await startKit({ args: ['start'], env: NO_BROWSER })).up();
    await using second = await startKit({ args: ['start'], env: NO_BROWSER, dataDir: first.dataDir });
    assert.equal(await second.exit, 69);
    assert.match(second.output, new RegExp(`already runs on .*, as process ${first.child.pid}`));
    assert.equal((await fetch(`${first.origin}/health`)).status, 200);
  });
});

/** A browser that reaches nobody: these tests are not about WhatsApp. */
async function occupy(port: number) {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  return Promise.race([
    once(server, 'listening').then(() => server),
    once(server, 'error').then(() => undefined),
  ]);
}
