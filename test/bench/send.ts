import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import wweb from 'whatsapp-web.js';
import { findBrowser } from '../../services/runtime/find-browser.ts';
import { createLog } from '../../services/runtime/log.ts';
import { startSandbox } from '../../services/sandbox/sandbox.ts';
import { startKit } from '../kit/kit.ts';
import type { Figure } from './main.ts';
import { median, summary } from './median.ts';

const SENDS = 300;
const ROUNDS = 3;
const LEAST = 0.8;
const TO = '15551234567@c.us';

/**
 * Messages one after the other through the public port, against the library driven directly on a stand-in of the same
 * kind. Both wait for the acknowledgement of WhatsApp's server, which here comes without delay, before the next.
 */
export async function measureSends(): Promise<Figure[]> {
  const [kit, direct, fast]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    kit.push(await throughKit());
    const rates = await throughLibrary();
    direct.push(rates.acknowledged);
    fast.push(rates.added);
  }
  const ratio = median(kit) / median(direct);
  return [
    {
      what: `${SENDS} sequential sends through the whole kit`,
      value: summary(kit, 'per s'),
      peer: `the library driven directly, defaults, each acknowledged, ${summary(direct, 'per s')}`,
      ratio: `${ratio.toFixed(2)}`,
      target: `at least ${LEAST}`,
      met: ratio >= LEAST,
    },
    {
      what: 'the same',
      value: summary(kit, 'per s'),
      peer: `the library not waiting for any acknowledgement, ${summary(fast, 'per s')}`,
      ratio: `${(median(kit) / median(fast)).toFixed(2)}`,
      target: 'none, for comparison',
      met: true,
    },
  ];
}

async function throughKit(): Promise<number> {
  await using kit = await (await startKit({ env: { LOG_LEVEL: 'warn' } })).ready();
  await kit.post('/sandbox/api/misbehave', { kind: 'policy', serverAckMs: 0 });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const send = (message: string) => post(`${kit.origin}/api/whatsapp/send`, agent, { chat_id: TO, message });
  for (let count = 0; count < 30; count += 1) await send(`warm ${count}`);
  const rate = await perSecond((count) => send(`message ${count}`));
  agent.destroy();
  return rate;
}

async function throughLibrary(): Promise<{ acknowledged: number; added: number }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  const sandbox = await startSandbox({
    host: '127.0.0.1',
    port: 0,
    webPort: 0,
    dataDir,
    browser: await findBrowser(''),
    autoLink: true,
    authorize: () => undefined,
    log: createLog('sandbox', 'silent'),
  });
  const client = new wweb.Client({
    authStrategy: new wweb.LocalAuth({ dataPath: join(dataDir, 'profile') }),
    webVersionCache: { type: 'none' },
    puppeteer: {
      headless: true,
      pipe: true,
      executablePath: sandbox.wrapperPath,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  });
  const acks = new Map<string, () => void>();
  const early = new Set<string>();
  client.on('message_ack', ({ id }, ack) => {
    if (ack < 1) return;
    const waiting = acks.get(id._serialized);
    if (waiting === undefined) early.add(id._serialized);
    else waiting();
  });
  try {
    const ready = new Promise<void>((resolve) => client.once('ready', resolve));
    await client.initialize();
    await ready;
    await post(`http://127.0.0.1:${sandbox.port}/sandbox/api/misbehave`, new Agent(), {
      kind: 'policy',
      serverAckMs: 0,
    });
    const sendAcknowledged = async (text: string) => {
      const { id } = await client.sendMessage(TO, text);
      if (early.delete(id._serialized)) return;
      await new Promise<void>((resolve) => acks.set(id._serialized, resolve));
    };
    for (let count = 0; count < 30; count += 1) await sendAcknowledged(`warm ${count}`);
    const acknowledged = await perSecond((count) => sendAcknowledged(`message ${count}`));
    const added = await perSecond((count) => client.sendMessage(TO, `more ${count}`));
    return { acknowledged, added };
  } finally {
    await client.destroy();
    await sandbox.close();
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function perSecond(act: (count: number) => Promise<unknown>): Promise<number> {
  const from = performance.now();
  for (let count = 0; count < SENDS; count += 1) await act(count);
  return SENDS / ((performance.now() - from) / 1000);
}

function post(url: string, agent: Agent, body: object): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request(
      url,
      { method: 'POST', agent, headers: { 'content-type': 'application/json' } },
      (response) => {
        response.resume();
        response.on('end', () =>
          response.statusCode === 200
            ? resolve()
            : reject(new Error(`${url} answered ${response.statusCode}`)),
        );
      },
    );
    asked.on('error', reject);
    asked.end(JSON.stringify(body));
  });
}
