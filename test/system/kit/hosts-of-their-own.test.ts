import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endWithTests } from '../../support/end-with-tests.ts';
import { freePorts, type KitPorts } from '../../support/kit/kit.ts';
import { until } from '../../support/until.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const KEY = 'k9f86d081884c7d659a2feaa0c55ad01';
const SECRET = 's9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a0';
const GATE = '127.0.0.1';
const API = '127.0.0.2';
/** The sandbox writes the browser that the bridge starts: both run on one host, as they do in one pod. */
const BRIDGE = '127.0.0.3';

interface Started {
  readonly child: ChildProcess;
  readonly output: () => string;
}

// Each host is an address of its own on loopback; no supervisor runs, as on Kubernetes.
describe('kit, each service on a host of its own and without a supervisor', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-hosts-'));
  /** All that were started: a second `api` takes the place of a first one in `running`. */
  const children: ChildProcess[] = [];
  const running = new Map<string, Started>();
  let ports: Record<keyof KitPorts, string>;

  const start = (name: string, host: string, more: Record<string, string> = {}): void => {
    const service = name.replace(/-.*/, '');
    const child = spawn(process.execPath, [join(ROOT, `services/${service}/main.ts`)], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        KUBERNETES_SERVICE_HOST: '10.0.0.1',
        API_KEYS: KEY,
        INTERNAL_SECRET: SECRET,
        GATE_HOST: GATE,
        INTERNAL_HOST: host,
        API_HOST: API,
        BRIDGE_HOST: BRIDGE,
        DATA_DIR: join(folder, host),
        WHATSAPP: 'sandbox',
        SANDBOX_ALLOWED: 'true',
        SANDBOX_AUTO_LINK: 'true',
        SEND_WAIT_MS: '2000',
        ...ports,
        ...more,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.once('exit', endWithTests(child));
    children.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    running.set(name, { child, output: () => output });
  };
  const logs = () => [...running].map(([name, { output }]) => `${name}:\n${output()}`).join('\n');
  const ask = async (path: string, init: RequestInit = {}, port = ports.PORT) => {
    const response = await fetch(`http://${GATE}:${port}${path}`, {
      ...init,
      headers: { 'content-type': 'application/json', 'x-api-key': KEY },
    });
    return { status: response.status, body: await response.json() };
  };
  const send = (message: string) =>
    ask('/api/whatsapp/send', {
      method: 'POST',
      body: JSON.stringify({ chat_id: '15551234567', message }),
    });
  const stop = async (name: string, signal: NodeJS.Signals = 'SIGTERM') => {
    const child = running.get(name)?.child;
    assert.ok(child !== undefined && child.exitCode === null, `${name} does not run\n${logs()}`);
    const ended = once(child, 'exit');
    child.kill(signal);
    const [code] = await ended;
    running.delete(name);
    return code;
  };

  before(async () => {
    const free = await freePorts();
    ports = {
      PORT: String(free.PORT),
      API_PORT: String(free.API_PORT),
      WHATSAPP_BRIDGE_PORT: String(free.WHATSAPP_BRIDGE_PORT),
      SANDBOX_PORT: String(free.SANDBOX_PORT),
      SANDBOX_WEB_PORT: String(free.SANDBOX_WEB_PORT),
      CONTROL_PORT: String(free.CONTROL_PORT),
    };
  });
  after(() => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it('is alive at the gate at once, and not healthy before there is an api', async () => {
    start('gate', GATE, { LOG_LEVEL: 'warn' });
    await until('the gate is alive', async () => (await ask('/health/live')).status === 200, { more: logs });
    const { status, body } = await ask('/health');
    assert.deepEqual([status, body.code], [503, 'service_unavailable']);
  });

  it('is healthy once the api is there, without a bridge, and says so', async () => {
    start('api', API);
    await until('the api is up', async () => (await ask('/health')).status === 200, { more: logs });
    const { body } = await ask('/health');
    assert.deepEqual(
      [body.status, body.whatsapp_ready, body.whatsapp.state, body.storage.state, body.services.bridge.state],
      ['degraded', false, 'bridge unreachable', 'ok', 'unreachable'],
    );
  });

  it('answers the probes of a kubelet without any secret, and nothing else', async () => {
    const api = `http://${API}:${ports.API_PORT}`;
    assert.equal((await fetch(`${api}/internal/ready`)).status, 200);
    assert.equal((await fetch(`${api}/health`)).status, 403);
  });

  it('takes a message while there is no bridge, and sends it when there is one', async () => {
    const early = await send('before the bridge');
    assert.deepEqual([early.status, early.body.status], [202, 'queued']);
    start('sandbox', BRIDGE);
    await until('the browser of the sandbox is written', () => logs().includes('sandbox listening'), {
      more: logs,
    });
    const data = join(folder, BRIDGE, 'sandbox');
    start('bridge', BRIDGE, {
      PUPPETEER_EXECUTABLE_PATH: join(data, 'browser'),
      SESSIONS_DIR: join(data, 'sessions'),
      STORE_DIR: data,
    });
    await until('WhatsApp is ready', async () => (await ask('/health')).body.whatsapp_ready, { more: logs });
    await until(
      'the early message is sent',
      // It may have come further than sent when somebody looks.
      async () =>
        ['sent', 'delivered', 'read'].includes(
          (await ask(`/api/whatsapp/messages/${early.body.id}`)).body.status,
        ),
      { more: logs },
    );
    const { status, body } = await send('through three hosts');
    assert.deepEqual([status, body.status], [200, 'sent'], JSON.stringify(body));
    await until(
      'the bridge has told the api',
      async () => JSON.stringify((await ask('/api/events?limit=100')).body).includes(body.message_id),
      { more: logs },
    );
  });

  it('tells nothing of hosts and ports on /health, and all is ok', async () => {
    const { body } = await ask('/health');
    const text = JSON.stringify(body);
    assert.equal(body.status, 'ok', text);
    assert.equal(body.services.bridge.state, 'ready');
    for (const word of [API, BRIDGE, folder, ...Object.values(ports)]) assert.ok(!text.includes(word), text);
  });

  // nginx looks its services up at the start: there is no host of the name sandbox here.
  it('is the same behind an nginx gate', async () => {
    const other = ports.CONTROL_PORT;
    start('gate-nginx', GATE, { GATE: 'nginx', PORT: other, CONTROL_PORT: ports.PORT, WHATSAPP: 'real' });
    await until('it is alive', async () => (await ask('/health/live', {}, other)).status === 200, {
      more: logs,
    });
    assert.equal((await ask('/health', {}, other)).body.status, 'ok');
    assert.equal(await stop('gate-nginx'), 0);
  });

  it('ends each service with 0 when it is asked to stop, the bridge alone first', async () => {
    assert.equal(await stop('bridge'), 0, logs());
    const waiting = await send('while the bridge is away');
    assert.deepEqual([waiting.status, waiting.body.status], [202, 'queued']);
    assert.equal(await stop('api'), 0, logs());
    assert.equal((await ask('/health')).status, 503);
    assert.equal(await stop('gate'), 0, logs());
    assert.equal(await stop('sandbox'), 0, logs());
  });

  it('refuses to start without the secret that its hosts share, and names it', async () => {
    start('api', API, { INTERNAL_SECRET: '' });
    const { child, output } = running.get('api') ?? assert.fail();
    const [code] = await once(child, 'close');
    assert.equal(code, 78);
    assert.match(
      output(),
      /INTERNAL_SECRET .*must be set and the same for every service in the profile kubernetes/,
    );
  });
});
