import { errorText } from '../../services/contract/errors.ts';
import type { Person, RehearsedBridge } from './bridge.ts';
import type { Clock, RehearsalOptions } from './context.ts';
import type { EventLog } from './event-log.ts';
import { link } from './link.ts';
import { ownWords } from './own-words.ts';
import type { Progress } from './progress.ts';
import type { PrivateWords } from './publish.ts';
import type { Rehearsed } from './report.ts';
import { interruptionOf, runSteps, type Selection } from './run-steps.ts';
import { STEPS } from './steps.ts';

export interface RehearseOptions {
  readonly isReal: boolean;
  readonly bridge: RehearsedBridge;
  readonly events: EventLog;
  readonly person: Person;
  readonly progress: Progress;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly secrets: PrivateWords;
  readonly selection: Selection;
  readonly options: RehearsalOptions;
  readonly pair: string | undefined;
  /** Of the kit, of whatsapp-web.js and of Node. */
  readonly versions: Readonly<Record<string, string>>;
  showQr(text: string): Promise<void>;
}

/** Links, then runs the steps. Never throws: what goes wrong, and Ctrl-C, is in what it returns. */
export async function rehearse(given: RehearseOptions): Promise<Rehearsed> {
  const { isReal, bridge, events, person, progress, clock, signal, secrets, selection, options } = given;
  const waiting = (what: string, leftMs: number) => progress.waiting(what, leftMs);
  try {
    progress.begin('link');
    const say = (text: string) => progress.say(text);
    const { me, name, linkedAtMs, facts } = await link({ ...given, waiting, say });
    secrets.add(me, name, options.to);
    if (options.to === me) throw new Error('--to is the number of this phone, give another or leave it out');
    progress.end('ready');
    const page = (await bridge.status()).compat?.page_version ?? 'unknown';
    const browser = await bridge.browserVersion().catch(() => 'unknown');
    const shared = { bridge, events, person, options, clock, signal, secrets, waiting };
    const context = { ...shared, me, linkedAtMs, sent: [] };
    const steps = await runSteps(STEPS, selection, progress, context);
    const versions = { ...given.versions, page_version: page, browser_version: browser };
    return { isReal, isWhole: !signal.aborted, versions, link: facts, steps };
  } catch (error) {
    const why = signal.aborted ? interruptionOf(signal) : ownWords(errorText(error));
    progress.end(why);
    const steps = await runSteps(
      STEPS,
      selection,
      progress,
      signal.aborted ? why : 'no session that is ready',
    );
    return { isReal, isWhole: false, versions: given.versions, link: { failed: why }, steps };
  }
}
