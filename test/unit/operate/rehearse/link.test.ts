import assert from 'node:assert/strict';
import { link } from '../../../../operate/rehearse/link.ts';
import type { BridgeStatus } from '../../../../services/contract/bridge.ts';
import { KitError } from '../../../../services/contract/errors.ts';
import { FakeBridge, ME } from '../../../support/operate/rehearse/fake-bridge.ts';
import { HandClock } from '../../../support/operate/rehearse/fake-person.ts';

const head = { session: 'rehearsal', since: new Date(0).toISOString(), restarts: 0, events_waiting: 0 };
const away = (state: BridgeStatus['state'], reason?: string): BridgeStatus => ({
  ...head,
  state,
  whatsapp_ready: false,
  ...(reason === undefined ? {} : { reason }),
});
const READY: BridgeStatus = { ...head, state: 'ready', whatsapp_ready: true, me: { id: ME } };

/** Links with a session that goes through these states, a look each, and stays in the last one. */
async function linkThrough(states: readonly BridgeStatus[], pair?: string) {
  const clock = new HandClock();
  const bridge = new FakeBridge(clock);
  let looks = 0;
  let asked = 0;
  const shown: string[] = [];
  const said: string[] = [];
  bridge.status = async () => states[Math.min(looks++, states.length - 1)] ?? READY;
  Object.assign(bridge, {
    qr: async () => ({ qr: looks < 4 ? 'first' : 'second', generated_at: head.since }),
    pairingCode: async () => {
      asked += 1;
      if (asked === 1) throw new KitError('qr_unavailable', 'the page is not there yet: of Bob');
      return 'ABCD-EFGH';
    },
  });
  const linked = await link({
    bridge,
    events: bridge.events,
    clock,
    signal: new AbortController().signal,
    pair,
    waiting: () => undefined,
    showQr: async (text) => void shown.push(text),
    say: (text) => void said.push(text),
  });
  return { linked, shown, said };
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
    const states = [away('qr'), away('qr'), away('pairing'), away('syncing'), READY];
    const { linked, shown, said } = await linkThrough(states, '15550000001');
    assert.deepEqual(shown, []);
    assert.equal(said.length, 2);
    assert.match(said[0] ?? '', /no pairing code yet: the page is not there yet$/);
    assert.match(said[1] ?? '', /ABCD-EFGH$/);
    assert.equal(linked.facts.by, 'pairing code');
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
