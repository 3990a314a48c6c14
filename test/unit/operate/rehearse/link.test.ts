import assert from 'node:assert/strict';
import { link } from '../../../../operate/rehearse/link.ts';
import type { BridgeStatus } from '../../../../services/contract/bridge.ts';
import { KitError } from '../../../../services/contract/errors.ts';
import type { PasskeyAnswer, PasskeyBody, PasskeyConfirm } from '../../../../services/contract/passkey.ts';
import { FakeBridge, ME } from '../../../support/operate/rehearse/fake-bridge.ts';
import { FakePerson, HandClock } from '../../../support/operate/rehearse/fake-person.ts';
import { assertion, CHALLENGE } from '../../../support/passkey.ts';

const PAIR = '15550000001';
const head = { session: 'rehearsal', since: new Date(0).toISOString(), restarts: 0, events_waiting: 0 };
const away = (state: BridgeStatus['state'], reason?: string): BridgeStatus => ({
  ...head,
  state,
  whatsapp_ready: false,
  ...(reason === undefined ? {} : { reason }),
});
const waiting = (looks: number): BridgeStatus[] => Array(looks).fill(away('qr'));
const READY: BridgeStatus = { ...head, state: 'ready', whatsapp_ready: true, me: { id: ME } };

interface Wish {
  readonly pair?: string;
  /** How many requests for a pairing code fail. */
  readonly refuses?: number;
  /** What the bridge says of the passkey, a look each. */
  readonly passkeys?: readonly PasskeyAnswer[];
  /** What the user pastes, one after the other; nobody is there afterwards. */
  readonly lines?: readonly string[];
  readonly showsCode?: boolean;
}

const challengeOf = (id: string): PasskeyAnswer => ({
  stage: 'NotStarted',
  challenge: { id, expires_at: head.since, request: { challenge: CHALLENGE, rpId: 'whatsapp.com' } },
});
const ASSERTION = JSON.stringify({ credential: assertion() });

/** Links with a session that goes through these states, a look each, and stays in the last one. */
async function linkThrough(
  states: readonly BridgeStatus[],
  { pair, refuses = 1, passkeys = [], ...answers }: Wish = {},
) {
  const clock = new HandClock();
  const bridge = new FakeBridge(clock);
  const person = new FakePerson(bridge);
  const given: string[] = [];
  const lines = [...(answers.lines ?? [])];
  person.usePasskey = async ({ snippet }) => {
    said.push(snippet);
    return lines.shift();
  };
  person.showsCode = async (code) => {
    said.push(`shows ${code}`);
    return answers.showsCode ?? true;
  };
  let looks = 0;
  let asked = 0;
  let passkeyLooks = 0;
  const shown: string[] = [];
  const said: string[] = [];
  bridge.status = async () => states[Math.min(looks++, states.length - 1)] ?? READY;
  Object.assign(bridge, {
    qr: async () => ({ qr: looks < 4 ? 'first' : 'second', generated_at: head.since }),
    pairingCode: async () => {
      asked += 1;
      if (asked <= refuses) throw new KitError('qr_unavailable', 'the page is not there yet: of Bob');
      return 'ABCD-EFGH';
    },
    passkey: async () => passkeys[Math.min(passkeyLooks++, passkeys.length - 1)],
    answerPasskey: async ({ challenge_id }: PasskeyBody) => void given.push(challenge_id),
    confirmPasskey: async ({ verification_code }: PasskeyConfirm) => void given.push(verification_code),
  });
  const linked = await link({
    bridge,
    events: bridge.events,
    person,
    clock,
    signal: new AbortController().signal,
    pair,
    waiting: () => undefined,
    showQr: async (text) => void shown.push(text),
    say: (text) => void said.push(text),
  });
  return { linked, shown, said, given, asked, tookMs: clock.now() };
}

describe('the link of a rehearsal', () => {
  it('shows each QR code once, and is done when the session is ready', async () => {
    const states = [away('starting'), away('qr'), away('qr'), away('qr'), away('syncing'), READY];
    const { linked, shown } = await linkThrough(states);
    assert.deepEqual(shown, ['first', 'second']);
    assert.equal(linked.me, ME);
    assert.equal(linked.facts.by, 'qr code');
    assert.equal(linked.linkedAtMs, 800);
  });

  it('shows a pairing code instead, as soon as there is one', async () => {
    const states = [...waiting(200), away('pairing'), away('syncing'), READY];
    const { linked, shown, said, asked } = await linkThrough(states, { pair: PAIR });
    assert.deepEqual(shown, []);
    assert.equal(asked, 2);
    assert.match(said[0] ?? '', /no pairing code yet, .*: the page is not there yet$/);
    assert.match(said[1] ?? '', /ABCD-EFGH$/);
    assert.equal(said.length, 2);
    assert.equal(linked.facts.by, 'pairing code');
  });

  it('asks WhatsApp for a pairing code every 30 s at most, however often it fails', async () => {
    const { asked, said, tookMs } = await linkThrough([...waiting(1_500), READY], {
      pair: PAIR,
      refuses: 1_000,
    });
    assert.equal(tookMs, 300_000);
    assert.equal(asked, 10);
    assert.equal(said.length, 10);
  });

  it('shows the pairing code that follows when one has ended', async () => {
    const code = (pairing_code: string) => ({ ...away('pairing'), pairing_code });
    const states = [away('qr'), code('ABCD-EFGH'), code('ABCD-EFGH'), code('JKLM-NPQR'), READY];
    const { said } = await linkThrough(states, { pair: PAIR, refuses: 0 });
    assert.deepEqual(
      said.map((text) => text.slice(-9)),
      ['ABCD-EFGH', 'JKLM-NPQR'],
    );
  });

  it('has the user use the passkey, once for each challenge, and asks again after a wrong line', async () => {
    const { linked, said, given } = await linkThrough(
      [away('qr'), ...Array(5).fill(away('passkey')), away('syncing'), READY],
      {
        passkeys: [challengeOf('first'), challengeOf('first'), challengeOf('first'), challengeOf('second')],
        lines: ['no assertion', `'${ASSERTION}'`, ASSERTION],
      },
    );
    assert.deepEqual(given, ['first', 'second']);
    assert.equal(said.filter((text) => text.includes(CHALLENGE)).length, 3);
    assert.ok(said.some((text) => text.includes('not the line')));
    assert.equal(linked.facts.asked_for_passkey, true);
  });

  it('has the user compare the code, unless the page confirms it by itself at once', async () => {
    const compares = { stage: 'WaitingForVerificationCodeConfirmation', verification_code: 'ABCD1234' };
    const done = { stage: 'WaitingForPairingCompletion' };
    const states = [away('qr'), ...Array(4).fill(away('passkey')), READY];
    const atOnce = await linkThrough(states, { passkeys: [compares, done] });
    assert.deepEqual([atOnce.said, atOnce.given], [[], []]);
    const asked = await linkThrough(states, { passkeys: [compares] });
    assert.deepEqual([asked.said, asked.given], [['shows ABCD1234'], ['ABCD1234']]);
    const other = await linkThrough(states, { passkeys: [compares], showsCode: false });
    assert.deepEqual(other.given, []);
    assert.match(other.said[1] ?? '', /Cancel the link on the phone/);
  });

  it('ends at once when the account asks for a passkey and nobody is there', async () => {
    const states = [away('qr'), away('passkey')];
    await assert.rejects(
      linkThrough(states, { passkeys: [challengeOf('first')] }),
      /asks for its passkey, and nobody can be asked: use a terminal$/,
    );
  });

  it('needs nothing of a phone that is linked already', async () => {
    const { linked, shown } = await linkThrough([away('starting'), away('syncing'), READY]);
    assert.deepEqual(shown, []);
    assert.equal(linked.facts.was_linked_before, true);
    assert.equal(linked.linkedAtMs, undefined);
  });

  it('gives up a session that shows no code, and says what it is', async () => {
    const states = [away('offline', 'WhatsApp cannot be reached: net::ERR')];
    await assert.rejects(linkThrough(states), /the session is offline \(WhatsApp cannot be reached\)$/);
  });
});
