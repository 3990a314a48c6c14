import {
  EXIT_MACHINE_TROUBLE,
  type MachineTrouble,
  troubleIn,
  troubleOf,
} from '../../runtime/process/machine-trouble.ts';

/** How a run of a service has ended. */
export interface RunEnd {
  /** Behind the name of the service: `exited with code 1`. */
  readonly how: string;
  readonly ranMs: number;
  /** What the machine lacked, where that ended it: no fault of the program. */
  readonly trouble?: MachineTrouble | undefined;
}

/** What is known when a process has exited. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** A service of the kit, and so a Node. */
  readonly isKit: boolean;
  /** The supervisor killed it. */
  readonly isKilledByUs: boolean;
  /** The kernel has killed processes for want of memory during the run. */
  readonly hadOomKill: boolean;
  /** The last lines of its standard error. */
  readonly errors: string;
  /** The last lines of its standard output: a service of the kit has its fatal error there. */
  readonly output: string;
}

/** What the machine lacked when it made a process exit. */
export function troubleOfExit(exit: ProcessExit): MachineTrouble | undefined {
  if (exit.code === 0 || exit.isKilledByUs) return undefined;
  if (exit.code === EXIT_MACHINE_TROUBLE)
    return troubleIn(exit.errors) ?? troubleIn(exit.output) ?? 'EX_OSERR';
  if (exit.signal === 'SIGKILL') return exit.hadOomKill ? 'OOM' : undefined;
  const trouble = troubleIn(exit.errors);
  // libuv aborts without a word where it gets no thread or no file; all else that aborts a Node says why.
  const isSilentAbort = exit.isKit && exit.signal === 'SIGABRT' && exit.errors === '';
  return trouble ?? (isSilentAbort ? 'EX_OSERR' : undefined);
}

/** The end of a run whose process could not be started at all. */
export function endWithoutStart(error: unknown): RunEnd {
  return { how: 'could not be started', ranMs: 0, trouble: troubleOf(error) };
}

/** The last lines of an output. */
export class OutputTail {
  #text = '';

  add(chunk: Buffer): void {
    this.#text = (this.#text + chunk.toString('utf8')).slice(-TAIL_CHARACTERS);
  }

  get text(): string {
    return this.#text.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  }
}

/** Node puts a stack of its own behind the line that matters. */
const TAIL_LINES = 40;
const TAIL_CHARACTERS = 8_192;
