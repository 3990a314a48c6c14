import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '#config';
import { toMarkdown } from '../operate/rehearse/markdown.ts';
import { Progress } from '../operate/rehearse/progress.ts';
import { PrivateWords } from '../operate/rehearse/publish.ts';
import { rehearse as runRehearsal } from '../operate/rehearse/rehearse.ts';
import { exitCodeOf, type Rehearsed, toReport } from '../operate/rehearse/report.ts';
import { realClock } from '../operate/rehearse/start/real-clock.ts';
import { type StartedRehearsal, startRehearsal } from '../operate/rehearse/start/start-rehearsal.ts';
import { TerminalPerson } from '../operate/rehearse/start/terminal-person.ts';
import { versionsHere } from '../operate/rehearse/start/versions.ts';
import { KitError } from '../services/contract/errors.ts';
import { loadOrExit } from '../services/runtime/process/load-or-exit.ts';
import { EXIT_UNAVAILABLE } from '../services/runtime/process/run-service.ts';
import { type Command, UsageError } from './command.ts';
import { type RehearsalWish, readRehearsal } from './rehearse-options.ts';

/**
 * `gatehouse rehearse`: proves on the user's own phone what the kit assumes of WhatsApp, and writes a report that may be
 * published. Exits 0 when all is as expected, 1 when something is not, 69 when another rehearsal runs.
 */
export async function rehearse(command: Command): Promise<void> {
  const wish = readRehearsal(command);
  const { config } = loadOrExit(command.settings);
  const stop = new AbortController();
  const isTerminal = process.stdout.isTTY === true && process.stdin.isTTY === true;
  const progress = new Progress({
    isTerminal,
    write: (text) => void process.stdout.write(text),
    now: () => performance.now(),
  });
  let hasAsked = false;
  const interrupt = () => {
    if (hasAsked) process.exit(1); // The second time at once.
    hasAsked = true;
    progress.say('\n  Stopping: the report of what was done follows.');
    stop.abort(new Error('interrupted'));
  };
  const say = (text: string) => progress.say(text);
  const terminal = new TerminalPerson({ isThere: isTerminal, signal: stop.signal, say, interrupt });
  if (!(await mayWrite(wish, isTerminal, terminal))) return;

  const secrets = new PrivateWords();
  secrets.add(wish.pair, wish.to);
  const started = await start(config, wish, secrets, interrupt);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
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
      const picture = isTerminal ? await qrcode.toString(text, { type: 'terminal', small: true }) : '';
      say(`\n  On the phone: Settings, Linked devices, Link a device, then scan this:\n\n${picture}`);
    },
  });
  say(write(resolve(wish.out ?? join(started.folder, 'report')), rehearsed, secrets, started.logPath));
  await started.close();
  // The library leaves timers.
  process.exit(exitCodeOf(rehearsed));
}

async function mayWrite(
  { to, isSure }: RehearsalWish,
  isTerminal: boolean,
  terminal: TerminalPerson,
): Promise<boolean> {
  if (to === undefined || isSure) return true;
  if (!isTerminal)
    throw new UsageError('--to writes to somebody else: confirm it with --yes where nobody can be asked');
  if (await terminal.confirms(`About three messages go to ${to.split('@')[0]}. Does that person know?`))
    return true;
  process.stdout.write('Nothing was started.\n');
  return false;
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

/** Writes both files; gives what to tell of them. */
function write(folder: string, rehearsed: Rehearsed, secrets: PrivateWords, logPath: string): string {
  const report = toReport(rehearsed, secrets);
  mkdirSync(folder, { recursive: true });
  const paths = { json: join(folder, 'rehearsal.json'), markdown: join(folder, 'rehearsal.md') };
  writeFileSync(paths.json, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(paths.markdown, toMarkdown(report));
  return `
  To publish   ${paths.markdown}
  for programs ${paths.json}
  Both hold no numbers, names or messages. To report, paste the first into an issue; read it once before.
  private      ${logPath} (numbers and ids: do not publish)

  The phone still has this device under Linked devices: the next rehearsal uses it again; remove it there otherwise.
`;
}
