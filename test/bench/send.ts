import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import wweb from 'whatsapp-web.js';
import { startKit } from '../support/kit/kit.ts';
import { type Figure, toFigure } from './figure.ts';
import { median, summary } from './median.ts';

/** Batches in turn, so that a machine whose speed drifts slows both alike. */
const BATCHES = 12;
const SENDS = 60;
/** Until the engines have compiled what is hot: a kit runs for weeks. */
const WARM_UP = 600;
const LEAST = 0.8;
const ACK_AT_ONCE = { kind: 'policy', serverAckMs: 0 };
const TO = '15551234567@c.us';

/**
 * Messages one after the other through the public port, against the library driven directly on a stand-in of its own;
 * both wait for the acknowledgement of WhatsApp's server before the next. Once with the stand-in as it ships, whose
 * server takes 20 ms, and once with one that takes no time, where nothing hides what the kit costs.
 */
export async function* measureSends(): AsyncGenerator<Figure> {
  await using kit = await kitSender();
  await using library = await librarySender();
  const pair = [kit, library] as const;
  for (let count = 0; count < WARM_UP; count += 1) {
    for (const sender of pair) await sender.send(`warm ${count}`);
  }
  yield await compare('the stand-in as it ships', ...pair);
  for (const sender of pair) await sender.ackAtOnce();
  yield await compare('a stand-in that acknowledges at once', ...pair);
}

async function compare(where: string, kit: MessageSender, library: MessageSender): Promise<Figure> {
  const [through, direct]: [number[], number[]] = [[], []];
  for (let batch = 0; batch < BATCHES; batch += 1) {
    through.push(await perSecond((count) => kit.send(`message ${batch}/${count}`)));
    direct.push(await perSecond((count) => library.send(`message ${batch}/${count}`)));
  }
  return toFigure({
    what: `sequential sends through the whole kit, ${where}`,
    value: through,
    unit: 'per s',
    peer: `the library driven directly with its defaults, ${summary(direct, 'per s')}`,
    ratio: median(through.map((rate, batch) => rate / (direct[batch] ?? 0))),
    target: { of: 'ratio', atLeast: LEAST },
  });
}

interface MessageSender extends AsyncDisposable {
  /** Resolves when WhatsApp's server has acknowledged the message. */
  send(text: string): Promise<void>;
  /** From now on the stand-in's server takes no time. */
  ackAtOnce(): Promise<unknown>;
}

async function kitSender(): Promise<MessageSender> {
  const kit = await (await startKit({ env: { LOG_LEVEL: 'warn' } })).ready();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    ackAtOnce: () => kit.post('/sandbox/api/misbehave', ACK_AT_ONCE),
    send: (message) => post(`${kit.origin}/api/whatsapp/send`, agent, { chat_id: TO, message }),
    [Symbol.asyncDispose]: async () => {
      agent.destroy();
      await kit[Symbol.asyncDispose]();
    },
  };
}

async function librarySender(): Promise<MessageSender> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  const sandbox = spawn(process.execPath, [join(import.meta.dirname, 'sandbox-process.ts'), dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line = '']: string[] = await once(createInterface({ input: sandbox.stdout }), 'line');
  const { wrapperPath, port }: { wrapperPath: string; port: number } = JSON.parse(line);
  const client = new wweb.Client({
    authStrategy: new wweb.LocalAuth({ dataPath: join(dataDir, 'profile') }),
    webVersionCache: { type: 'none' },
    puppeteer: {
      headless: true,
      pipe: true,
      executablePath: wrapperPath,
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
  const waiting = new Map<string, () => void>();
  const early = new Set<string>();
  client.on('message_ack', ({ id }, ack) => {
    if (ack !== 1) return;
    const resolve = waiting.get(id._serialized);
    if (resolve === undefined) early.add(id._serialized);
    else resolve();
    waiting.delete(id._serialized);
  });
  const ready = new Promise<void>((resolve) => client.once('ready', resolve));
  await client.initialize();
  await ready;
  return {
    ackAtOnce: () => post(`http://127.0.0.1:${port}/sandbox/api/misbehave`, new Agent(), ACK_AT_ONCE),
    send: async (text) => {
      const { id } = await client.sendMessage(TO, text);
      if (early.delete(id._serialized)) return;
      await new Promise<void>((resolve) => waiting.set(id._serialized, resolve));
    },
    [Symbol.asyncDispose]: async () => {
      await client.destroy();
      sandbox.kill();
      await once(sandbox, 'exit');
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
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
