import { join, resolve } from 'node:path';
import type { Config } from '#config';
import { Progress } from '../operate/rehearse/progress.ts';
import { PrivateWords } from '../operate/rehearse/publish.ts';
import { rehearse as runRehearsal } from '../operate/rehearse/rehearse.ts';
import { exitCodeOf } from '../operate/rehearse/report.ts';
import { INTERRUPTED } from '../operate/rehearse/run-steps.ts';
import { namesHere } from '../operate/rehearse/start/names-here.ts';
import { realClock } from '../operate/rehearse/start/real-clock.ts';
import { type StartedRehearsal, startRehearsal } from '../operate/rehearse/start/start-rehearsal.ts';
import { TerminalPerson } from '../operate/rehearse/start/terminal-person.ts';
import { versionsHere } from '../operate/rehearse/start/versions.ts';
import { KitError } from '../services/contract/errors.ts';
import { loadOrExit } from '../services/runtime/process/load-or-exit.ts';
import { EXIT_UNAVAILABLE } from '../services/runtime/process/run-service.ts';
import { type Command, UsageError } from './command.ts';
import { requireFolder, saveReport } from './rehearsal-files.ts';
import { type RehearsalWish, readRehearsal } from './rehearse-options.ts';

/**
 * `gatehouse rehearse`: proves on the user's own phone what the kit assumes of WhatsApp, and writes a report that may be
 * published. Exits 0 when all is as expected, 1 when something is not, 69 when another rehearsal runs.
 */
export async function rehearse(command: Command): Promise<void> {
  const wish = readRehearsal(command);
  const { config } = loadOrExit(command.settings);
  if (wish.out !== undefined) requireFolder(resolve(wish.out));
  const stop = new AbortController();
  const isTerminal = process.stdout.isTTY === true && process.stdin.isTTY === true;
  // A terminal that is closed, or a program that it was piped into and that has ended: the report is written all the same.
  process.stdout.on('error', () => undefined);
  const progress = new Progress({
    isTerminal,
    write: (text) => void process.stdout.write(text),
    now: () => performance.now(),
  });
  const interrupt = () => {
    // The second time at once: Chromium ends with the pipe to this process.
    if (stop.signal.aborted) process.exit(1);
    progress.say(
      '\n  Stopping: a send that is under way ends first, then the report follows. Ctrl-C again: at once, without it.',
    );
    stop.abort(new Error(INTERRUPTED));
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupt);
  try {
    await rehearseUntil(stop, interrupt, { wish, config, isTerminal, progress });
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
  // The library leaves timers.
  process.exit();
}

interface Prepared {
  readonly wish: RehearsalWish;
  readonly config: Config;
  readonly isTerminal: boolean;
  readonly progress: Progress;
}

/** Sets the exit code of the process. */
async function rehearseUntil(
  stop: AbortController,
  interrupt: () => void,
  { wish, config, isTerminal, progress }: Prepared,
): Promise<void> {
  const say = (text: string) => progress.say(text);
  const terminal = new TerminalPerson({ isThere: isTerminal, signal: stop.signal, say, interrupt });
  if (!(await mayWrite(wish, isTerminal, terminal))) {
    say('Nothing was started.');
    process.exitCode = 1;
    return;
  }

  const secrets = new PrivateWords();
  secrets.add(wish.pair, wish.to);
  secrets.addMachine(namesHere());
  const started = await start(config, wish, secrets, () => stop.abort(new Error('the bridge has ended')));
  try {
    say(
      `\nRehearsal on ${config.whatsapp === 'sandbox' ? 'the sandbox' : 'the real WhatsApp'}. Ctrl-C ends it with a report.\n`,
    );
    const rehearsed = await runRehearsal({
      isReal: config.whatsapp !== 'sandbox',
      bridge: started.bridge,
      events: started.events,
      person: started.person ?? terminal,
      progress,
      clock: realClock,
      signal: stop.signal,
      secrets,
      selection: wish,
      options: wish,
      pair: wish.pair,
      versions: versionsHere(),
      showQr: async (text) => {
        // Loaded only for those who have to link.
        const { default: qrcode } = await import('qrcode');
        const picture = await qrcode.toString(
          text,
          isTerminal ? { type: 'terminal', small: true } : { type: 'utf8' },
        );
        say(`\n  On the phone: Settings, Linked devices, Link a device, then scan this:\n\n${picture}`);
      },
    });
    const folder = resolve(wish.out ?? join(started.folder, 'report'));
    const { isSaved, said } = saveReport(folder, rehearsed, secrets, started.logPath);
    say(said);
    process.exitCode = isSaved ? exitCodeOf(rehearsed) : 1;
  } finally {
    await started.close();
  }
}

async function mayWrite(
  { to, isSure }: RehearsalWish,
  isTerminal: boolean,
  terminal: TerminalPerson,
): Promise<boolean> {
  if (to === undefined || isSure) return true;
  if (!isTerminal)
    throw new UsageError('--to writes to somebody else: confirm it with --yes where nobody can be asked');
  try {
    return await terminal.confirms(`About three messages go to ${to.split('@')[0]}. Does that person know?`);
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return false; // Ctrl-C.
    throw error;
  }
}

async function start(
  config: Config,
  { to }: RehearsalWish,
  secrets: PrivateWords,
  onEnd: () => void,
): Promise<StartedRehearsal> {
  try {
    return await startRehearsal({ config, secrets, to, onEnd });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    process.stderr.write(`gatehouse: ${error.message}\n`);
    process.exit(error instanceof KitError && error.code === 'already_running' ? EXIT_UNAVAILABLE : 1);
  }
}
