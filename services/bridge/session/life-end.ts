import { errorText } from '../../contract/errors.ts';
import type { SessionState } from '../../contract/events.ts';
import type { Pauses } from '../../runtime/backoff.ts';
import { DeadlineError } from '../deadline.ts';

/** Why the life of a browser ended. */
export interface LifeEnd {
  readonly kind: 'failed' | 'offline' | 'conflict' | 'logged_out' | 'stopped';
  readonly reason: string;
}

/** First pause and longest pause before the next browser, by what ended the last one. */
const PAUSES = {
  failed: { firstMs: 500, mostMs: 60_000 },
  // What was ready once will be so again: the longer pauses are for what does not even start.
  failedWhileReady: { firstMs: 500, mostMs: 5_000 },
  offline: { firstMs: 1_000, mostMs: 30_000 },
  // Whoever took the login over keeps it for a while, or two kits would take it from each other for ever.
  conflict: { firstMs: 30_000, mostMs: 300_000 },
} as const;

/** What a session is between two browsers. */
export function stateAfter({ kind }: LifeEnd): SessionState {
  if (kind === 'stopped') return 'stopped';
  return kind === 'offline' ? 'offline' : 'disconnected';
}

/** How long it stays so. */
export function pausesAfter(
  kind: Exclude<LifeEnd['kind'], 'stopped' | 'logged_out'>,
  wasReady: boolean,
): Pauses {
  return kind === 'failed' && wasReady ? PAUSES.failedWhileReady : PAUSES[kind];
}

/** The browser died, or was given up, before a call into it was answered. */
export class LifeEndedError extends Error {
  override readonly name = 'LifeEndedError';
}

/** What an error of the start means. The library leaves the browser running on each of them: whoever asks must close it. */
export function endOfStart(error: unknown): LifeEnd {
  const text = errorText(error);
  const network = /net::ERR_\w+/.exec(text);
  if (network !== null) return { kind: 'offline', reason: `cannot reach WhatsApp: ${network[0]}` };
  if (error instanceof DeadlineError) return { kind: 'offline', reason: `cannot reach WhatsApp: ${text}` };
  return { kind: 'failed', reason: `the browser did not start: ${text.split('\n')[0]}` };
}

/** What the library's `disconnected` means. */
export function endOfDisconnect(reason: string): LifeEnd {
  if (reason === 'LOGOUT') return { kind: 'logged_out', reason: 'the phone unlinked this device' };
  if (reason === 'CONFLICT')
    return { kind: 'conflict', reason: 'the same login was opened elsewhere (CONFLICT)' };
  return { kind: 'failed', reason: `WhatsApp disconnected: ${reason}` };
}
