import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';

/** What a tier needs, made in the background. */
export interface Preparation {
  /** Resolves when it has ended. A failure is no failure of the run: the tests need the same, and say what is missing. */
  readonly ended: Promise<void>;
  end(): void;
}

/** Runs a program in the background, with what is left of the processors. */
export function prepare(program: string): Preparation {
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit').then(
    () => undefined,
    () => undefined,
  );
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  return { ended, end: () => void child.kill() };
}
