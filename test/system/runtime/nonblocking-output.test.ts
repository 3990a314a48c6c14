import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../support/until.ts';

const CTRL_S = '\u0013';
const CTRL_Q = '\u0011';
const LINES = 4_000;
/** The system calls that write, on x86-64 and on arm64: `write` and `writev`. Source: Linux, syscall tables. */
const WRITE_CALLS = process.arch === 'arm64' ? ['64', '66'] : ['1', '20'];

describe('supervisor, its log on a terminal that nobody reads', () => {
  it('is written without a wait, and shown in full when the terminal goes on', async () => {
    await using terminal = await StoppedTerminal.open(
      `import { LogOutput } from '${sourceOf('log-output.ts')}'; const output = new LogOutput(process.stdout);`,
    );
    await until('the process has written', () => terminal.hasWritten());
    assert.equal(terminal.linesShown(), 0);
    terminal.type(CTRL_Q);
    await until('all lines are shown', () => terminal.linesShown() === LINES);
  });

  // What stops working without `_handle.setBlocking`: the supervisor, and with it the pipes of all services.
  it('stops the process where Node offers no way to write without a wait; then the log goes on, in full', async () => {
    await using terminal = await StoppedTerminal.open(
      `Reflect.set(Reflect.get(process.stdout, '_handle'), 'setBlocking', undefined); ` +
        `import { LogOutput } from '${sourceOf('log-output.ts')}'; const output = new LogOutput(process.stdout);`,
    );
    await until('the process waits in a write', () => terminal.isInWrite());
    assert.ok(!terminal.hasWritten());
    terminal.type(CTRL_Q);
    await until('all lines are shown', () => terminal.linesShown() === LINES);
    await until('the process has written', () => terminal.hasWritten());
  });
});

function sourceOf(name: string): string {
  return join(import.meta.dirname, '../../../services/runtime', name);
}

/** A process that writes many lines to a terminal which is stopped by Ctrl-S before the first. */
class StoppedTerminal implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'gatehouse-terminal-'));
  readonly #terminal;
  #shown = '';

  static async open(makeOutput: string): Promise<StoppedTerminal> {
    const terminal = new StoppedTerminal(makeOutput);
    await until('it is up', () => terminal.#has('pid'));
    // The terminal takes the keys in this order: it has stopped when the process reads its line.
    terminal.type(`${CTRL_S}go\n`);
    return terminal;
  }

  private constructor(makeOutput: string) {
    const script = `${makeOutput}
      const { renameSync, writeFileSync } = await import('node:fs');
      process.stdin.once('data', () => {
        for (let n = 0; n < ${LINES}; n += 1) output.write('line '.repeat(20) + '\\n');
        writeFileSync('written', '');
      });
      writeFileSync('pid.new', String(process.pid));
      renameSync('pid.new', 'pid');`;
    this.#terminal = spawn(
      'script',
      ['-qefc', `exec ${process.execPath} --input-type=module --eval "$SCRIPT"`, '/dev/null'],
      {
        cwd: this.#folder,
        env: { ...process.env, SCRIPT: script, SHELL: '/bin/sh' },
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    this.#terminal.stdout.on('data', (chunk: Buffer) => {
      this.#shown += chunk;
    });
  }

  type(keys: string): void {
    this.#terminal.stdin.write(keys);
  }

  hasWritten(): boolean {
    return this.#has('written');
  }

  linesShown(): number {
    return this.#shown.split('line \r\n').length - 1;
  }

  /** Asleep in a system call that writes. Source: proc(5), `/proc/PID/syscall` and `/proc/PID/stat`. */
  isInWrite(): boolean {
    const pid = readFileSync(join(this.#folder, 'pid'), 'utf8');
    const [call = ''] = readFileSync(`/proc/${pid}/syscall`, 'utf8').split(' ');
    return WRITE_CALLS.includes(call);
  }

  #has(name: string): boolean {
    return existsSync(join(this.#folder, name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#terminal, 'close');
    // The terminal hangs up, which ends the process on it.
    this.#terminal.kill('SIGKILL');
    await closed;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
