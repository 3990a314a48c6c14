import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { Log } from '../services/runtime/log.ts';
import { maskSecrets } from '../services/runtime/mask-secrets.ts';
import { type MachineTrouble, troubleIn } from '../services/runtime/process/machine-trouble.ts';

/** `2026/11/24 21:00:00 [error] 12#12: *3 connect() failed …`. */
const LINE = /^\S+ \S+ \[(\w+)\] \S+ (?:\*\d+ )?(.*)$/;
const LEVELS: Readonly<Record<string, 'error' | 'warn' | 'info' | 'debug'>> = {
  emerg: 'error',
  alert: 'error',
  crit: 'error',
  error: 'warn',
  warn: 'warn',
  notice: 'info',
};
/** Of nginx, to see why it ended. */
const LAST_LINES = 5;
/** All that it sees: its times are in UTC, and what the kit knows is not for it. */
const ENVIRONMENT = { TZ: 'UTC', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
const SETPRIV = '/usr/bin/setpriv';
/** From SIGTERM to SIGKILL. */
const KILL_MS = 1_000;
/** Far more than a check takes, also when DNS does not answer. */
const CHECK_MS = 60_000;

/** A running nginx: one master and its workers. */
export class NginxProcess {
  readonly #child: ChildProcess;
  readonly ended: Promise<string>;
  isStopping = false;

  /** `readTrouble` gives what nginx said last of trouble of the machine. */
  private constructor(child: ChildProcess, readTrouble: () => MachineTrouble | undefined) {
    this.#child = child;
    const because = () => {
      const trouble = readTrouble();
      return trouble === undefined ? '' : ` (${trouble})`;
    };
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => resolve(`could not be started: ${error.message}`));
      child.once('exit', (code, signal) =>
        resolve(signal === null ? `exited with code ${code}${because()}` : `was ended by ${signal}`),
      );
    });
  }

  /** Starts it on a configuration that has been checked. It does not outlive this process, where that can be had. */
  static start(binary: string, config: string, log: Log): NginxProcess {
    const [file = binary, ...before] = tiedToUs(binary, 'TERM');
    const child = spawn(file, [...before, ...argumentsFor(config)], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: ENVIRONMENT,
    });
    return new NginxProcess(child, logLines(child, log));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Takes the configuration anew: new workers for new connections, the old ones finish. */
  reload(): void {
    this.#child.kill('SIGHUP');
  }

  /** Lets what is in flight finish, for `withinMs` at most. */
  async quit(withinMs: number): Promise<void> {
    this.isStopping = true;
    this.#child.kill(withinMs > 0 ? 'SIGQUIT' : 'SIGTERM');
    const late = [
      setTimeout(() => this.#child.kill('SIGTERM'), withinMs),
      setTimeout(() => this.#child.kill('SIGKILL'), withinMs + KILL_MS),
    ];
    await this.ended;
    for (const timer of late) clearTimeout(timer);
  }
}

/**
 * Throws with what nginx says against a configuration. `accessPipe` is the named pipe to which the configuration logs.
 * nginx opens it for writing and would wait for a reader without end when this process dies meanwhile: so the check
 * itself holds the pipe open for reading (test: `config-check.test.ts`).
 */
export async function checkConfig(
  binary: string,
  config: string,
  accessPipe: string,
  withinMs = CHECK_MS,
): Promise<void> {
  const child = spawnCheck(binary, config, accessPipe, withinMs);
  const ended = new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => {
      if (code === 0) resolve(undefined);
      else resolve(signal === null ? `exit code ${code}` : `${signal}; the check may take ${withinMs} ms`);
    });
  });
  const [said, failure] = await Promise.all([child.stderr ? text(child.stderr) : '', ended]);
  if (failure !== undefined)
    throw new Error(`nginx does not take its configuration: ${said.trim() || failure}`);
}

function spawnCheck(binary: string, config: string, accessPipe: string, withinMs: number): ChildProcess {
  const [file = binary, ...before] = tiedToUs(binary, 'KILL');
  const reader = openSync(accessPipe, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    return spawn(file, [...before, '-t', '-q', ...argumentsFor(config)], {
      stdio: [reader, 'ignore', 'pipe'],
      env: ENVIRONMENT,
      timeout: withinMs,
      killSignal: 'SIGKILL',
    });
  } finally {
    closeSync(reader);
  }
}

/** Ends it with us, where util-linux is: else what is left is found at the next start. */
function tiedToUs(binary: string, signal: 'TERM' | 'KILL'): string[] {
  return existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', signal, binary] : [binary];
}

function argumentsFor(config: string): string[] {
  return ['-e', 'stderr', '-c', config];
}

/** Logs what nginx says. Gives what reads the trouble of the machine in its last lines. */
function logLines(child: ChildProcess, log: Log): () => MachineTrouble | undefined {
  const latest: string[] = [];
  // Absent where Node gave up before it made the pipe: EMFILE.
  if (!child.stderr) return () => undefined;
  createInterface({ input: child.stderr }).on('line', (line) => {
    latest.push(line);
    if (latest.length > LAST_LINES) latest.shift();
    const [, level = '', text = line] = LINE.exec(line) ?? [];
    log[LEVELS[level] ?? 'info'](`nginx: ${maskSecrets(text)}`);
  });
  return () => troubleIn(latest.join('\n'));
}
