import { errorText } from '../contract/errors.ts';
import { DeadlineError } from './deadline.ts';

/** Why the life of a browser ended. */
export interface LifeEnd {
  readonly kind: 'failed' | 'offline' | 'conflict' | 'logged_out' | 'stopped';
  readonly reason: string;
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
  if (text.includes('No usable sandbox')) {
    return {
      kind: 'failed',
      reason: 'Chromium finds no sandbox here: allow user namespaces, or run as root',
    };
  }
  return { kind: 'failed', reason: `the browser did not start: ${text.split('\n')[0]}` };
}

/** What the library's `disconnected` means. */
export function endOfDisconnect(reason: string): LifeEnd {
  if (reason === 'LOGOUT') return { kind: 'logged_out', reason: 'the phone unlinked this device' };
  if (reason === 'CONFLICT')
    return { kind: 'conflict', reason: 'the same login was opened elsewhere (CONFLICT)' };
  return { kind: 'failed', reason: `WhatsApp disconnected: ${reason}` };
}
