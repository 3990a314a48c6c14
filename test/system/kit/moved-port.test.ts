import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { signalProcess } from '../../../services/runtime/process/process-table.ts';
import { freePorts, type Kit, NO_BROWSER, startKit } from '../../support/kit/kit.ts';

const UNSET = {
  API_PORT: '',
  WHATSAPP_BRIDGE_PORT: '',
  SANDBOX_PORT: '',
  SANDBOX_WEB_PORT: '',
  CONTROL_PORT: '',
};
const DEFAULTS = [8002, 8003, 8004, 8005, 8006];

describe('kit whose internal ports nobody set, while other processes hold them', () => {
  let kit: Kit;
  let squatters: readonly (Server | undefined)[] = [];
  before(async () => {
    // Another process that holds one of them serves as well.
    squatters = await Promise.all(DEFAULTS.map(occupy));
    kit = await (await startKit({ env: UNSET })).ready();
  });
  after(async () => {
    await kit?.[Symbol.asyncDispose]();
    for (const squatter of squatters) squatter?.close();
  });

  it('moves them at the start, and every service finds every other', async () => {
    assert.match(kit.output, /API_PORT 8003 is in use by pid \d+ \(.+\): api moves to \d+/);
    for (const port of DEFAULTS) assert.match(kit.output, new RegExp(`_PORT ${port} is in use`));
    const sent = await kit.post('/api/whatsapp/send', { chat_id: '15551234567', message: 'x' });
    assert.equal(sent.status, 200, await sent.text());
  });

  it('moves that of the api again when a thief takes it, tells the gate and all who call it, and goes on', async () => {
    using _thief = await stealPortOfApi(kit);
    await kit.ready();
    const sent = await kit.post('/api/whatsapp/send', { chat_id: '15551234567', message: 'over there' });
    assert.equal(sent.status, 200, await sent.text());
    await kit.post('/sandbox/api/incoming', { from: '15557654321', body: 'heard there too' });
    await kit.until('the bridge has found it too', async () =>
      (await (await fetch(`${kit.origin}/api/events?limit=500&after=0`)).text()).includes('heard there too'),
    );
    assert.equal(kit.output.split('gate started').length, 2, 'the gate was started again');
  });
});

describe('kit with an nginx gate, whose bridge has its port from BRIDGE_PORT', () => {
  let kit: Kit;
  let ports: Awaited<ReturnType<typeof freePorts>>;
  before(async () => {
    ports = await freePorts();
    const env = { ...NO_BROWSER, GATE: 'nginx', API_PORT: '', WHATSAPP_BRIDGE_PORT: '' };
    kit = await (
      await startKit({
        args: ['start'],
        ports,
        env: { ...env, BRIDGE_PORT: String(ports.WHATSAPP_BRIDGE_PORT) },
      })
    ).up();
  });
  after(() => kit?.[Symbol.asyncDispose]());

  it('has the bridge there', () =>
    kit.until('the bridge tells its port', () =>
      kit.output.includes(`WhatsApp bridge will listen on port: ${ports.WHATSAPP_BRIDGE_PORT}`),
    ));

  it('moves the port of the api when a thief takes it, and tells the gate', async () => {
    using _thief = await stealPortOfApi(kit);
    await kit.until('the api answers', async () => (await fetch(`${kit.origin}/api/whatsapp/status`)).ok);
    assert.equal(kit.output.split('gate started').length, 2, 'the gate was started again');
  });
});

/**
 * Kills the api, takes its port before its next life does, and waits until the supervisor has moved it and it listens
 * there. A request before that may reach the thief, which never answers.
 */
async function stealPortOfApi(kit: Kit): Promise<Disposable> {
  const port = Number(/"port":(\d+),"msg":"api listening/.exec(kit.output)?.[1]);
  assert.ok(port > 0);
  const thief = createServer();
  for (let isTaken = false; !isTaken; ) {
    signalProcess(kit.pidOf('api'), 'SIGKILL');
    isTaken = await bind(thief, port);
  }
  await kit.until('the api has moved', () => new RegExp(`API_PORT ${port} is in use`).test(kit.output));
  const elsewhere = new RegExp(`"port":(?!${port},)\\d+,"msg":"api listening`);
  await kit.until('the api listens elsewhere', () => elsewhere.test(kit.output));
  return { [Symbol.dispose]: () => thief.close() };
}

async function occupy(port: number): Promise<Server | undefined> {
  const server = createServer();
  return (await bind(server, port)) ? server : undefined;
}

function bind(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    server.removeAllListeners();
    server.once('listening', () => resolve(true)).once('error', () => resolve(false));
    server.listen(port, '127.0.0.1');
  });
}
