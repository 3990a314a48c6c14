import type { Log } from '../runtime/log.ts';
import type { KitProcess } from './kit-process.ts';

/** Ends the kit at SIGTERM, SIGINT and an uncaught error. SIGHUP ends it on a terminal, and elsewhere revives services. */
export function handleSignals(kit: KitProcess, log: Log): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void kit.end(0));
  // On a terminal SIGHUP means that it was closed; elsewhere, by custom, that an operator asks for another look.
  process.on('SIGHUP', () => (process.stdout.isTTY ? void kit.end(0) : kit.revive()));
  process.once('uncaughtException', (error) => {
    // A second one ends the process as Node does it, and the guard the rest: it must not log itself to death.
    log.fatal({ err: error }, 'uncaught error in the supervisor');
    void kit.end(1);
  });
}
