import { errorText } from '../../contract/errors.ts';
import type { SessionState } from '../../contract/events.ts';
import type { Pauses } from '../../runtime/backoff.ts';
import { DeadlineError } from '../deadline.ts';
import type { Logout } from '../page/life/logout.ts';
import { logoutText } from './logout-reason.ts';

/** Why a browser ended. */
export interface BrowserEnd {
  readonly kind: 'failed' | 'offline' | 'conflict' | 'logged_out' | 'stopped';
  readonly reason: string;
  /** A failure whose reason names no path or address. The reasons of other kinds never do. */
  readonly isPublic?: true;
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

/** Returns the state of a session between two browsers. */
export function stateAfter({ kind }: BrowserEnd): SessionState {
  if (kind === 'stopped') return 'stopped';
  return kind === 'offline' ? 'offline' : 'disconnected';
}

/** Returns the pauses before the next browser. */
export function pausesAfter(
  kind: Exclude<BrowserEnd['kind'], 'stopped' | 'logged_out'>,
  wasReady: boolean,
): Pauses {
  return kind === 'failed' && wasReady ? PAUSES.failedWhileReady : PAUSES[kind];
}

/** What an error of the start means. The library leaves the browser running on each of them: whoever asks must close it. */
export function endOfStart(error: unknown): BrowserEnd {
  const text = errorText(error);
  const network = /net::ERR_\w+/.exec(text);
  if (network !== null) return { kind: 'offline', reason: `cannot reach WhatsApp: ${network[0]}` };
  if (error instanceof DeadlineError) return { kind: 'offline', reason: `cannot reach WhatsApp: ${text}` };
  return { kind: 'failed', reason: `the browser did not start: ${text.split('\n')[0]}` };
}

/** The page says that WhatsApp does not support its browser. */
export function endOfUnsupported(text: string): BrowserEnd {
  return {
    kind: 'failed',
    isPublic: true,
    reason: `WhatsApp does not support this browser: "${text}"; update Chromium, or set PUPPETEER_EXECUTABLE_PATH to a newer one`,
  };
}

/** What the library's `disconnected` means, with what the page said of a logout. */
export function endOfDisconnect(reason: string, logout: Logout): BrowserEnd {
  if (reason === 'LOGOUT') return { kind: 'logged_out', reason: logoutText(logout) };
  if (reason === 'CONFLICT')
    return { kind: 'conflict', reason: 'the same login was opened elsewhere (CONFLICT)' };
  return { kind: 'failed', reason: `WhatsApp disconnected: ${reason}` };
}
