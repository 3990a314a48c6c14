import type { BridgeStatus } from '../../services/contract/bridge.ts';
import { errorText } from '../../services/contract/errors.ts';
import type { Person, RehearsedBridge } from './bridge.ts';
import { type Clock, describe, READY_MS, seconds, statesSince, waitFor } from './context.ts';
import type { EventLog } from './event-log.ts';
import { PasskeyLink } from './link-passkey.ts';
import type { Fact } from './outcome.ts';
import { ownWords } from './own-words.ts';

export interface LinkOptions {
  readonly bridge: RehearsedBridge;
  readonly events: EventLog;
  readonly person: Person;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The user's own number: a pairing code instead of a QR code. */
  readonly pair: string | undefined;
  waiting(what: string, leftMs: number): void;
  showQr(text: string): Promise<void>;
  say(text: string): void;
}

export interface Linked {
  /** The id of the user's own chat, and the name that goes with it. */
  readonly me: string;
  readonly name: string | undefined;
  /** By the clock; undefined when it was linked before. */
  readonly linkedAtMs: number | undefined;
  readonly facts: Readonly<Record<string, Fact>>;
}

/** To find the phone, unlock it and scan. */
const PERSON_MS = 600_000;
/** Between two requests for a pairing code: WhatsApp limits them. */
const ASK_AGAIN_MS = 30_000;

/** Waits until the session is ready, and shows the codes for the phone meanwhile. Throws why it is not. */
export async function link(options: LinkOptions): Promise<Linked> {
  const { bridge, events, clock } = options;
  const startedAt = clock.now();
  let shown: string | undefined;
  let pairing: string | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let linkedAtMs: number | undefined;
  let wasShown = false;
  let passkeyAt: number | undefined;
  const passkey = new PasskeyLink(options);
  const isInTime = () => clock.now() - (passkeyAt ?? startedAt) < (wasShown ? PERSON_MS : READY_MS);
  const ready = await waitFor(options, 'the session to be ready', 2 * PERSON_MS, async () => {
    const status = await bridge.status();
    if (status.whatsapp_ready && status.me !== undefined) return status;
    if (status.state === 'qr' || status.state === 'pairing') {
      wasShown = true;
      if (options.pair === undefined) await showQr();
      else await showPairingCode(options.pair, status);
    } else if (status.state === 'passkey') {
      wasShown = true;
      passkeyAt ??= clock.now();
      await passkey.look();
    } else if (wasShown && status.state === 'syncing') linkedAtMs ??= clock.now();
    if (isInTime()) return undefined;
    throw new Error(`${wasShown ? 'no phone was linked in time; ' : ''}the session is ${describe(status)}`);
  });
  if (ready?.me === undefined) throw new Error('no phone was linked in time');
  const { id, name } = ready.me;
  return {
    me: id,
    name,
    linkedAtMs: wasShown ? (linkedAtMs ?? clock.now()) : undefined,
    facts: {
      was_linked_before: !wasShown,
      by: wasShown ? (pairing === undefined ? 'qr code' : 'pairing code') : 'an earlier link',
      asked_for_passkey: passkeyAt !== undefined,
      ready_after_s: seconds(clock.now() - startedAt),
      states: statesSince({ events }, 0),
      own_id_is: id.endsWith('@lid') ? 'lid' : 'number',
    },
  };

  async function showQr(): Promise<void> {
    const code = await bridge.qr();
    if (code === undefined || code.qr === shown) return;
    shown = code.qr;
    await options.showQr(code.qr);
  }

  /** Asks for one, and shows each that follows: a code ends after 180 s, and the page makes the next by itself. */
  async function showPairingCode(number: string, { pairing_code: current }: BridgeStatus): Promise<void> {
    if (current !== undefined) return tellCode(current);
    if (clock.now() - askedAt < ASK_AGAIN_MS) return;
    askedAt = clock.now();
    try {
      tellCode(await bridge.pairingCode(number));
    } catch (error) {
      options.say(
        `  There is no pairing code yet, and the next try is in 30 s: ${ownWords(errorText(error))}`,
      );
    }
  }

  function tellCode(code: string): void {
    if (code === pairing) return;
    pairing = code;
    options.say(`  On the phone: Linked devices, Link a device, Link with phone number instead: ${code}`);
  }
}
