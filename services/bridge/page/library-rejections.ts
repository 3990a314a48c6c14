import { errorText } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { exitCodeFor } from '../../runtime/process/machine-trouble.ts';
import { exitWhenWritten } from '../../runtime/standard-output.ts';

/** What the library throws as bare strings, in listeners that nobody awaits: they reach us as unhandled rejections. */
const LIBRARY_STRINGS = ['auth timeout', 'ready timeout'];
/** puppeteer names the caller of a function that threw in the page by an encoded URL. */
const LIBRARY_PATHS =
  /node_modules(\/|%2F)(whatsapp-web\.js|puppeteer|puppeteer-core|(@|%40)puppeteer)(\/|%2F)/;

/** Whether a rejection that nobody handled comes out of whatsapp-web.js or puppeteer. */
export function isLibraryRejection(reason: unknown): boolean {
  if (typeof reason === 'string') return LIBRARY_STRINGS.includes(reason);
  return reason instanceof Error && LIBRARY_PATHS.test(reason.stack ?? '');
}

/**
 * Installed on the process by main.ts: what the library leaves unhandled costs the session its browser; any
 * other rejection is a fault of ours, is logged and ends the process, for the supervisor to start it anew.
 */
export function guardRejections(session: { libraryFailed(text: string): void }, log: Log): void {
  process.on('unhandledRejection', (reason) => {
    if (isLibraryRejection(reason)) {
      log.warn({ err: reason }, `whatsapp-web.js left a rejection unhandled: ${errorText(reason)}`);
      session.libraryFailed(errorText(reason).split('\n')[0] ?? '');
    } else {
      log.fatal({ err: reason }, `unhandled rejection: ${errorText(reason)}`);
      exitWhenWritten(exitCodeFor(reason));
    }
  });
}
