import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import pino from 'pino';
import { AckWatchdog } from '../../../../services/bridge/watchdog/watchdog.ts';
import { sent, WatchedPage } from '../../../support/bridge/watched-page.ts';
import { until } from '../../../support/until.ts';

const SHORT_MS = 20;
const LOOKS = 20;

describe('bridge, the watchdog before the end of offline delivery, and with sends that failed', () => {
  let dir: string;
  let page: WatchedPage;
  let watchdog: AckWatchdog;
  let holds: (string | undefined)[];
  let remarks: (string | undefined)[];

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'gatehouse-watchdog-'));
    page = new WatchedPage();
    [holds, remarks] = [[], []];
    watchdog = new AckWatchdog({
      ackTimeoutMs: SHORT_MS,
      stepMs: 600_000,
      recordPath: join(dir, 'unacknowledged.json'),
      log: pino({ level: 'silent' }),
      hold: (reason) => void holds.push(reason),
      remark: (text) => void remarks.push(text),
      tell: () => undefined,
      giveUp: () => undefined,
    });
    await watchdog.start();
  });
  afterEach(() => {
    watchdog.stop();
    rmSync(dir, { recursive: true });
  });
  const send = () => {
    page.messages.push(page.message());
    watchdog.take(sent(0));
  };
  const held = () => until('the session to be held', () => holds.at(-1) !== undefined);

  it('waits with its clock, says so, and takes no step', async () => {
    page.isDeliveryEnd = false;
    watchdog.pageReady(page);
    send();
    await page.looks(LOOKS);
    assert.deepEqual([holds, page.acts], [[], []]);
    assert.deepEqual(remarks, ['sends wait for the end of offline delivery']);
    page.isDeliveryEnd = true;
    await held();
    assert.equal(remarks.at(-1), undefined);
    await until('the first step', () => page.acts.length === 1);
  });

  it('takes no further step while a new connection is in offline delivery', async () => {
    watchdog.pageReady(page);
    send();
    await until('the first step', () => page.acts.length === 1);
    page.isDeliveryEnd = false;
    watchdog.pageReady(page);
    await page.looks(LOOKS);
    assert.deepEqual(page.acts, ['reconnect']);
  });

  it('watches from the connection where the page does not tell the end, and says so', async () => {
    page.isDeliveryEnd = undefined;
    watchdog.pageReady(page);
    send();
    await held();
    assert.deepEqual(remarks, ['the page does not tell when offline delivery ends']);
  });

  it('withdraws its remark when the page goes away', async () => {
    page.isDeliveryEnd = false;
    watchdog.pageReady(page);
    await until('the remark', () => remarks.length === 1);
    watchdog.pageAway();
    assert.equal(remarks.at(-1), undefined);
  });

  for (const [what, failed, isBlocked] of [
    ['a send that failed', { isSendFailure: true }, false],
    ['a send that WhatsApp refused', { ack: -1 }, false],
    ['a message to a contact that this account has blocked', {}, true],
  ] as const)
    it(`does not wait for the ack of ${what}`, async () => {
      page.isBlocked = isBlocked;
      page.messages.push({ ...page.message(), ...failed });
      watchdog.pageReady(page);
      watchdog.take(sent(0));
      // The look when the ack is overdue; the first was made at once.
      await page.looks(1);
      await setImmediate();
      assert.deepEqual([holds, page.acts], [[], []]);
    });
});
