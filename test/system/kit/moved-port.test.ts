import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { signalProcess } from '../../../services/runtime/process/process-table.ts';
import { startKit } from '../../support/kit/kit.ts';

describe('kit, whose api loses its port to another process', function () {
  this.timeout(120_000);

  for (const gate of ['node', 'nginx'])
    it(`moves it, tells the gate and all who call it, and goes on (${gate} gate)`, async () => {
      // Nobody has set it: it may move, at the start as well.
      await using kit = await (await startKit({ env: { GATE: gate, API_PORT: '' } })).ready();
      const port = Number(/"port":(\d+),"msg":"api listening/.exec(kit.output)?.[1]);
      assert.ok(port > 0);
      const gatePid = kit.pidOf('gate');
      const thief = createServer((socket) => socket.destroy());
      signalProcess(kit.pidOf('api'), 'SIGKILL');
      await kit.until('the port is taken', async () => {
        thief.listen(port, '127.0.0.1');
        const [event] = await Promise.race([
          once(thief, 'listening').then(() => ['listening']),
          new Promise<string[]>((resolve) => thief.once('error', () => resolve(['error']))),
        ]);
        return event === 'listening';
      });
      await kit.until('the api has moved', () => new RegExp(`API_PORT ${port} is in use`).test(kit.output));
      await kit.ready();
      const sent = await kit.post('/api/whatsapp/send', { chat_id: '15551234567', message: 'over there' });
      assert.equal(sent.status, 200, await sent.text());
      await kit.post('/sandbox/api/incoming', { from: '15557654321', body: 'heard there too' });
      await kit.until('the bridge has found it too', async () =>
        (await (await fetch(`${kit.origin}/api/events?limit=500&after=0`)).text()).includes(
          'heard there too',
        ),
      );
      assert.equal(kit.pidOf('gate'), gatePid);
      thief.close();
    });
});
