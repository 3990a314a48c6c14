import assert from 'node:assert/strict';
import { freePorts, type Kit, NO_BROWSER, startKit } from '../../support/kit/kit.ts';

describe('kit, told its ports by the environment', () => {
  let kit: Kit;
  let ports: Awaited<ReturnType<typeof freePorts>>;
  before(async () => {
    ports = await freePorts();
    const env = { ...NO_BROWSER, BRIDGE_PORT: '8002' };
    kit = await (await startKit({ args: ['start'], ports, env })).up();
  });
  after(() => kit?.[Symbol.asyncDispose]());

  it('lets WHATSAPP_BRIDGE_PORT win over BRIDGE_PORT, and says so', async () => {
    await kit.until('the bridge tells its port', () =>
      kit.output.includes(`WhatsApp bridge will listen on port: ${ports.WHATSAPP_BRIDGE_PORT}`),
    );
    assert.match(
      kit.output,
      /WHATSAPP_BRIDGE_PORT=\d+ and BRIDGE_PORT=8002 differ: WHATSAPP_BRIDGE_PORT wins/,
    );
  });

  it('refuses a second kit on the same data folder, and leaves the first alone', async () => {
    // Not disposed: that kills every process with this data folder, those of the first kit too.
    const second = await startKit({ args: ['start'], env: NO_BROWSER, dataDir: kit.dataDir });
    await second.until('it ends', () => second.child.exitCode !== null);
    assert.equal(await second.exit, 69);
    assert.match(second.output, new RegExp(`already runs on .*, as process ${kit.child.pid}`));
    assert.equal((await fetch(`${kit.origin}/health`)).status, 200);
  });

  it('refuses a kit whose port the first one has, names the holder, and starts nothing', async () => {
    await using stranger = await startKit({
      args: ['start'],
      env: NO_BROWSER,
      ports: { API_PORT: ports.API_PORT },
    });
    await stranger.until('it ends', () => stranger.child.exitCode !== null);
    assert.equal(await stranger.exit, 69);
    assert.match(
      stranger.output,
      new RegExp(
        `API_PORT ${ports.API_PORT} is in use by pid ${kit.pidOf('api')} \\(.+\\): stop that process, or set API_PORT to another port`,
      ),
    );
    assert.ok(!stranger.output.includes('gate started'));
  });

  it('serves on when nobody reads its log any more, and still stops in order', async () => {
    kit.child.stdout?.destroy();
    kit.child.stderr?.destroy();
    const exited = new Promise((resolve) => kit.child.once('exit', (...how) => resolve(how)));
    for (let count = 0; count < 20; count += 1)
      assert.equal((await fetch(`${kit.origin}/health`)).status, 200);
    kit.child.kill('SIGTERM');
    assert.deepEqual(await exited, [0, null]);
    assert.deepEqual(kit.processes, []);
  });
});
