import type { BridgeStatus } from '../../services/contract/bridge.ts';
import type { Person, RehearsedBridge } from './bridge.ts';
import type { EventLog } from './event-log.ts';
import type { Findings } from './outcome.ts';
import { ownWords } from './own-words.ts';
import type { PrivateWords } from './publish.ts';

export interface Clock {
  /** In ms. */
  now(): number;
  /** Rejects when the signal does. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface RehearsalOptions {
  readonly standByMs: number;
  readonly offlineMs: number;
  /** The WhatsApp id of the other person; undefined: nobody but the user is written to. */
  readonly to: string | undefined;
}

/** What a step has for its work. */
export interface RehearsalContext {
  readonly bridge: RehearsedBridge;
  readonly events: EventLog;
  readonly person: Person;
  readonly options: RehearsalOptions;
  readonly clock: Clock;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly secrets: PrivateWords;
  /** The user's own chat. */
  readonly me: string;
  /** When this run has linked the device, by the clock; undefined when it was linked before. */
  readonly linkedAtMs: number | undefined;
  /** Everything sent so far that WhatsApp has. */
  readonly sent: SentMessage[];
  /** Tells what is waited for, and for how long at most. */
  waiting(what: string, leftMs: number): void;
}

export interface SentMessage {
  readonly stanzaId: string;
  readonly chatId: string;
  /** In words, for the person at the phone. */
  readonly label: string;
}

/** One thing that is proven. */
export interface Step {
  /** By which `--only` and `--skip` name it. */
  readonly name: string;
  readonly title: string;
  /** Whether a message goes to the number of `--to`. */
  readonly needsRecipient?: boolean;
  run(context: RehearsalContext, findings: Findings): Promise<void>;
}

/** A browser start, a sync and the looks of the bridge, many times over. */
export const READY_MS = 180_000;
/** For an ack, an event, a change that shows. */
export const SHORT_MS = 30_000;
const LOOK_MS = 200;

/** Waits until `holds` gives something true; undefined after `withinMs`. Rejects at Ctrl-C. */
export async function waitFor<T>(
  context: Pick<RehearsalContext, 'clock' | 'signal' | 'waiting'>,
  what: string,
  withinMs: number,
  holds: () => Promise<T | undefined> | T | undefined,
): Promise<T | undefined> {
  const { clock, signal } = context;
  const endAt = clock.now() + withinMs;
  for (;;) {
    signal.throwIfAborted();
    const found = await holds();
    if (found !== undefined) return found;
    const leftMs = endAt - clock.now();
    if (leftMs <= 0) return undefined;
    context.waiting(what, leftMs);
    await clock.sleep(Math.min(LOOK_MS, leftMs), signal);
  }
}

/** Waits until the session is ready, with another browser than the given one. Throws what it is instead. */
export async function untilReady(
  context: RehearsalContext,
  otherThan?: number,
  withinMs = READY_MS,
): Promise<BridgeStatus> {
  let last: BridgeStatus | undefined;
  const ready = await waitFor(context, 'the session to be ready', withinMs, async () => {
    last = await context.bridge.status();
    return last.whatsapp_ready && last.browser_pid !== otherThan ? last : undefined;
  });
  if (ready !== undefined) return ready;
  throw new NotReadyError(
    `the session is not ready after ${withinMs / 1_000} s but ${last === undefined ? 'silent' : describe(last)}`,
  );
}

/** The session did not get ready in time. */
export class NotReadyError extends Error {
  override readonly name = 'NotReadyError';
}

/** A state of the session in words that may be published. */
export function describe({
  state,
  reason,
}: {
  readonly state: string;
  readonly reason?: string | undefined;
}): string {
  return reason === undefined ? state : `${state} (${ownWords(reason)})`;
}

/** The states that the session has gone through since so many events. */
export function statesSince({ events }: Pick<RehearsalContext, 'events'>, since: number): string[] {
  return events.of('state', since).map(({ event }) => describe(event.data));
}

/** Seconds with one digit. */
export function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
