import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** An upstream in a process of its own. */
export interface ForkedUpstream<Answer> extends AsyncDisposable {
  readonly port: number;
  /** Sends a message; gives what the upstream tells next. */
  ask(): Promise<Answer>;
}

/** Starts a file of this folder, which tells `{ port }` first and ends when it is alone. */
export async function forkUpstream<Answer>(file: string, ...args: string[]): Promise<ForkedUpstream<Answer>> {
  const child = fork(join(import.meta.dirname, file), args);
  const [told] = await once(child, 'message');
  return {
    port: told.port,
    async ask() {
      child.send('tell');
      return (await once(child, 'message'))[0];
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
