import assert from 'node:assert/strict';
import { Progress } from '../../../../operate/rehearse/progress.ts';
import { PrivateWords } from '../../../../operate/rehearse/publish.ts';
import { rehearse } from '../../../../operate/rehearse/rehearse.ts';
import { exitCodeOf, outcomeText, type Rehearsed } from '../../../../operate/rehearse/report.ts';
import { INTERRUPTED } from '../../../../operate/rehearse/run-steps.ts';
import { STEPS } from '../../../../operate/rehearse/steps.ts';
import { FakeBridge, type Faults, ME } from '../../../support/operate/rehearse/fake-bridge.ts';
import { FakePerson, HandClock } from '../../../support/operate/rehearse/fake-person.ts';

const TO = '15550000002@c.us';
const STAND_BY_MS = 420_000;

interface Wish extends Faults {
  readonly to?: string;
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  readonly times?: number;
  readonly isMute?: boolean;
  /** Ctrl-C at this time. */
  readonly interruptAtMs?: number;
}

async function run(
  wish: Wish = {},
): Promise<{ rehearsed: Rehearsed; outcomes: Record<string, string>; screen: string }> {
  const clock = new HandClock();
  const stop = new AbortController();
  clock.onSleep = (nowMs) => {
    if (nowMs > (wish.interruptAtMs ?? Number.POSITIVE_INFINITY)) stop.abort(new Error(INTERRUPTED));
  };
  const bridge = new FakeBridge(clock, wish);
  const person = new FakePerson(bridge);
  if (wish.times !== undefined) person.times = wish.times;
  if (!wish.isMute) person.writesFrom = wish.to;
  let screen = '';
  const write = (text: string) => {
    screen += text;
  };
  const rehearsed = await rehearse({
    isReal: false,
    bridge,
    events: bridge.events,
    person,
    progress: new Progress({ isTerminal: false, write, now: () => clock.now() }),
    clock,
    signal: stop.signal,
    secrets: new PrivateWords(),
    selection: { only: wish.only, skip: wish.skip ?? [] },
    options: { standByMs: STAND_BY_MS, offlineMs: 30_000, to: wish.to },
    pair: undefined,
    versions: { kit_version: '0.1.0' },
    showQr: async () => undefined,
  });
  const outcomes = Object.fromEntries(
    rehearsed.steps.map(({ name, outcome }) => [name, outcomeText(outcome)]),
  );
  return { rehearsed, outcomes, screen };
}

const factsOf = ({ steps }: Rehearsed, name: string) =>
  steps.find((step) => step.name === name)?.outcome.facts ?? {};

describe('the steps of a rehearsal', () => {
  it('are all as expected where WhatsApp does what the kit assumes', async () => {
    const { rehearsed, outcomes, screen } = await run({ to: TO });
    assert.deepEqual(outcomes, Object.fromEntries(STEPS.map(({ name }) => [name, 'as expected'])));
    assert.equal(exitCodeOf(rehearsed), 0);
    assert.equal(rehearsed.isWhole, true);
    assert.equal(factsOf(rehearsed, 'kill').times_in_chat, 1);
    assert.equal(factsOf(rehearsed, 'recipient').replies, 1);
    assert.match(
      screen,
      /^ {4}waiting for the time of standing by to pass, at most \d+ s more \[\d:\d\d\]$/m,
    );
    assert.match(screen, /^ {3}9\/10 standing by +as expected \(420 s\)$/m);
  });

  it('tell of an id that the page did not take', async () => {
    const { outcomes, rehearsed } = await run({ ownIds: true, only: ['text'] });
    assert.equal(outcomes.text, 'different: the message has another id than the kit has chosen');
    assert.equal(factsOf(rehearsed, 'text').id_as_chosen, false);
  });

  it('fail when a message is there twice after a retry, and go on', async () => {
    const { outcomes, rehearsed } = await run({ doubles: true });
    assert.match(outcomes.kill ?? '', /^failed: the message is in the chat 2 times/);
    assert.equal(outcomes['stand-by'], 'as expected');
    assert.equal(exitCodeOf(rehearsed), 1);
  });

  it('tell that the phone shows a message twice', async () => {
    const { outcomes } = await run({ times: 2, only: ['same-id'] });
    assert.equal(outcomes['same-id'], 'different: the phone shows the message 2 times');
  });

  it('fail when a message is not found after a reload', async () => {
    const { outcomes } = await run({ losesAfterReload: true, only: ['text', 'reload'] });
    assert.equal(outcomes.reload, 'failed: 1 of 1 messages are not found by their ids');
  });

  it('name the kinds that are refused, without the words of the page', async () => {
    const refuses = {
      kind: 'media',
      code: 'upload_failed',
      detail: 'nothing was sent: it failed with "Bob"',
    } as const;
    const { outcomes } = await run({ refuses, only: ['media'] });
    const one = (what: string) => `the ${what} was not sent: upload_failed, nothing was sent: it failed with`;
    assert.equal(outcomes.media, `failed: ${['image', 'voice', 'document'].map(one).join('; ')}`);
  });

  it('tell which capability the page breaks', async () => {
    const { outcomes } = await run({ broken: 'WAWebX.y is no function', only: ['compat'] });
    assert.equal(outcomes.compat, 'different: broken: send_text');
  });
});

describe('a rehearsal that does not run to its end', () => {
  it('keeps what was done until Ctrl-C, and tries nothing after it', async () => {
    const { rehearsed, outcomes } = await run({ to: TO, interruptAtMs: 100_000 });
    assert.equal(rehearsed.isWhole, false);
    assert.equal(outcomes.kill, 'as expected');
    assert.equal(outcomes['stand-by'], 'not tried: interrupted');
    assert.equal(outcomes.recipient, 'not tried: interrupted');
  });

  it('tries only what was selected, and nobody else without a number', async () => {
    const { outcomes } = await run({ skip: ['stand-by', 'kill'] });
    assert.equal(outcomes['stand-by'], 'not tried: not selected');
    assert.equal(outcomes.recipient, 'not tried: no --to NUMBER');
    assert.equal(outcomes.text, 'as expected');
  });

  it('says that nobody could be asked for a reply', async () => {
    const { outcomes } = await run({ to: TO, isMute: true, only: ['recipient'] });
    assert.equal(outcomes.recipient, 'not tried: nobody could be asked for a reply');
  });

  it('writes to nobody when --to is the number of this phone', async () => {
    const { rehearsed, outcomes } = await run({ to: ME });
    assert.deepEqual(rehearsed.link, {
      failed: '--to is the number of this phone, give another or leave it out',
    });
    assert.equal(outcomes.text, 'not tried: no session that is ready');
    assert.equal(exitCodeOf(rehearsed), 1);
  });

  it('waits less for a session that did not get ready before, and more again once it does', async () => {
    const { rehearsed, outcomes } = await run({ awayAfterReloadMs: 230_000 });
    assert.match(outcomes.reload ?? '', /^failed: the session is not ready after 180 s but offline$/);
    assert.match(outcomes.kill ?? '', /^failed: the session is not ready after 30 s but offline$/);
    assert.equal(outcomes['stand-by'], 'as expected');
    assert.equal(exitCodeOf(rehearsed), 1);
  });

  it('tries nothing without a session, and says what it is instead', async () => {
    const { rehearsed, outcomes } = await run({ neverReady: 'WhatsApp cannot be reached: net of Bob' });
    assert.deepEqual(rehearsed.link, { failed: 'the session is offline (WhatsApp cannot be reached)' });
    assert.equal(outcomes.text, 'not tried: no session that is ready');
    assert.equal(exitCodeOf(rehearsed), 1);
  });
});
