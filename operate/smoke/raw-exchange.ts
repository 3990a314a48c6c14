import type { CheckContext } from './check-context.ts';
import { openConnection } from './connection.ts';

const MOST_CHARACTERS = 64 * 1024;

export interface RawAnswer {
  readonly text: string;
  /** Of each response in the order they came. */
  readonly statuses: readonly number[];
  /** The other side has neither answered nor closed. */
  readonly isSilent: boolean;
}

/** Sends bytes on a connection of its own, as no HTTP client would, and gives what came back until it closed or fell silent. */
export async function exchangeRaw(
  { target, signal, limits }: CheckContext,
  bytes: string,
): Promise<RawAnswer> {
  const socket = await openConnection(target, { withinMs: limits.answerMs, signal });
  let text = '';
  let isClosed = false;
  await new Promise<void>((resolve) => {
    const late = setTimeout(resolve, limits.answerMs);
    let linger: NodeJS.Timeout | undefined;
    const finish = () => {
      clearTimeout(late);
      clearTimeout(linger);
      resolve();
    };
    socket.setEncoding('latin1');
    socket.on('data', (piece: string) => {
      text = (text + piece).slice(0, MOST_CHARACTERS);
      linger ??= setTimeout(finish, limits.lingerMs);
      if (text.length === MOST_CHARACTERS) finish();
    });
    socket.on('end', () => socket.end());
    // What is reset before all was read counts as closed: the rest of a refused request is not read.
    socket.on('close', () => {
      isClosed = true;
      finish();
    });
    signal.addEventListener('abort', finish, { once: true });
    socket.write(bytes, 'latin1');
  });
  socket.destroy();
  const statuses = [...text.matchAll(/^HTTP\/1\.[01] (\d{3})\b/gm)].map(([, status]) => Number(status));
  return { text, statuses, isSilent: text === '' && !isClosed };
}
