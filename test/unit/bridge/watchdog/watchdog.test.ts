import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { AckWatchdog } from '../../../../services/bridge/watchdog/watchdog.ts';
import { ID, sent, WatchedPage } from '../../../support/bridge/watched-page.ts';
import { until } from '../../../support/until.ts';

/** Short: each test waits for the order of events, and for none of them to be in time. */
const SHORT_MS = 20;
const NEVER_MS = 600_000;

describe('bridge, the watchdog of acknowledgements', () => {
  let dir: string;
  let page: WatchedPage;
  let watchdog: AckWatchdog;
  let holds: (string | undefined)[];
  let remarks: (string | undefined)[];
  let told: string[];
  /** Whose chat each of them is of. */
  let people: unknown[];
  let giveUps: string[];
  let lines: string[];
  const record = () => join(dir, 'unacknowledged.json');

  function newWatchdog(limits: { ackTimeoutMs?: number; stepMs?: number } = {}): AckWatchdog {
    holds = [];
    const write = (line: string) => void lines.push(String(JSON.parse(line).msg));
    return new AckWatchdog({
      ackTimeoutMs: SHORT_MS,
      stepMs: SHORT_MS,
      ...limits,
      recordPath: record(),
      log: pino({ level: 'info' }, { write }),
      hold: (reason) => void holds.push(reason),
      remark: (text) => void remarks.push(text),
      tell: (event) => {
        if (event.kind !== 'ack') return;
        told.push(`${event.message.id} ${event.ack}`);
        people.push(event.message.person);
      },
      giveUp: (reason) => void giveUps.push(reason),
    });
  }
  async function start(limits = {}): Promise<void> {
    watchdog = newWatchdog(limits);
    await watchdog.start();
    watchdog.pageReady(page);
  }
  const send = () => {
    page.messages.push(page.message());
    watchdog.take(sent(0));
  };
  const isHeld = () => holds.at(-1) !== undefined;
  const held = () => until('the session to be held', isHeld);

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'gatehouse-watchdog-'));
    page = new WatchedPage();
    [remarks, told, people, giveUps, lines] = [[], [], [], [], []];
  });
  afterEach(() => {
    watchdog.stop();
    rmSync(dir, { recursive: true });
  });

  it('climbs its ladder step by step, then leaves a record and gives up', async () => {
    await start();
    send();
    await until('the end', () => giveUps.length > 0);
    assert.match(holds[0] ?? '', /^WhatsApp has not acknowledged a message since \d{4}-/);
    assert.deepEqual(page.acts, ['reconnect', 'reload', 'end: failed']);
    const steps = lines.flatMap((line) => /^no acknowledgement since .*Z: (.*)$/.exec(line)?.[1] ?? []);
    assert.deepEqual(steps, [
      'the page is asked to connect anew',
      'the page is loaded anew',
      'a new browser is started',
    ]);
    assert.match(giveUps[0] ?? '', /this process ends, for the supervisor to start another$/);
    assert.ok(existsSync(record()));
  });

  it('rests in the next process, then lets the session try, and removes the record at the first ack', async () => {
    await start();
    send();
    await until('the end', () => giveUps.length > 0);
    watchdog.stop();
    page.acts.length = 0;
    await start();
    assert.match(holds[0] ?? '', /has not acknowledged a message since/);
    await until('the rest to be over', () => !isHeld());
    assert.deepEqual(page.acts, []);
    watchdog.take({ kind: 'ack', message: sent(1).message, ack: 1 });
    await until('no record', () => !existsSync(record()));
  });

  it('lets the session go at once in a new process that finds the ack in the page', async () => {
    await start();
    send();
    await until('the end', () => giveUps.length > 0);
    watchdog.stop();
    page.messages = [{ ...page.message(), ack: 3 }];
    await start({ stepMs: NEVER_MS });
    await until('the session to go on', () => !isHeld());
    assert.deepEqual(told, [`${ID} 3`]);
  });

  it('lets the session go at once when another account is linked, in this process and in the next', async () => {
    await start();
    send();
    await until('the end', () => giveUps.length > 0);
    watchdog.stop();
    const second = new WatchedPage();
    second.whatsapp = { account: { id: '15550002222@c.us', lid: '100000000000002@lid' } };
    await start({ stepMs: NEVER_MS });
    assert.ok(isHeld());
    watchdog.pageReady(second);
    assert.ok(!isHeld());
    await until('no record', () => !existsSync(record()));
    // The page of the first has nothing that waits: what the second sent does not count there.
    watchdog.take(sent(0));
    page.messages = [];
    watchdog.pageReady(page);
    await page.looks(2);
    assert.ok(!isHeld());
  });

  it('keeps what it waits for when the number of the account becomes known', async () => {
    page.whatsapp = { account: { id: '100000000000002@lid', lid: '100000000000002@lid' } };
    await start({ ackTimeoutMs: SHORT_MS, stepMs: NEVER_MS });
    send();
    await held();
    page.whatsapp = { account: { id: '15550002222@c.us', lid: '100000000000002@lid' } };
    watchdog.pageReady(page);
    assert.ok(isHeld());
  });

  it('takes an ack that the page holds and nobody told', async () => {
    await start({ stepMs: NEVER_MS });
    page.messages = [{ ...page.message(), ack: 2 }];
    watchdog.take(sent(0));
    await until('the ack', () => told.length > 0);
    assert.deepEqual([told, holds], [[`${ID} 2`], []]);
    assert.deepEqual(people, [{ phone_number: '15552220000', lid: '100000000000009@lid' }]);
  });

  it('lets the session go with the first ack, and begins the next ladder at its first step', async () => {
    await start({ stepMs: NEVER_MS });
    send();
    await until('the first step', () => page.acts.length === 1);
    watchdog.take({ kind: 'ack', message: sent(1).message, ack: 1 });
    assert.ok(!isHeld());
    page.messages = [];
    send();
    await until('the first step again', () => page.acts.length === 2);
    assert.deepEqual(page.acts, ['reconnect', 'reconnect']);
  });

  it('does not wait for a message that WhatsApp has refused', async () => {
    await start({ stepMs: NEVER_MS });
    watchdog.take(sent(0));
    watchdog.take({ kind: 'ack', message: sent(-1).message, ack: -1 });
    const refusedAt = Date.now();
    send();
    await held();
    const since = /message since (.*)$/.exec(holds.at(-1) ?? '')?.[1] ?? '';
    assert.ok(Date.parse(since) >= refusedAt, since);
  });

  it('holds the session while the page cannot be read, logs an error once, and lets it go when it can', async () => {
    await start({ stepMs: NEVER_MS });
    page.isBroken = true;
    send();
    await held();
    assert.match(holds.at(-1) ?? '', /^the acknowledgements cannot be read: .*the messages cannot be read/);
    await page.looks(2);
    page.messages = [];
    page.isBroken = false;
    await until('the session to go on', () => !isHeld());
    const errors = lines.filter((line) => line.includes('WhatsApp Web has probably changed'));
    assert.equal(errors.length, 1);
  });
});
