import { connect } from 'node:net';
import { type Parsed, parseAnswers } from './parse-answer.ts';

/** How an exchange ended: the kit closed the connection, left it open, or this side cut a stream. */
export type End = 'closed' | 'left open' | 'cut by the client' | 'reset' | 'no answer in time';

export interface Exchange extends Parsed {
  readonly end: End;
}

/** A whole answer is there, and the kit has this long to close the connection. */
const CLOSE_WITHIN_MS = 400;
const ANSWER_WITHIN_MS = 20_000;

/** Sends bytes to a port of this machine, and reads answers until the connection ends or nothing more can come. */
export function exchange(port: number, bytes: string | Buffer, cutAt?: string): Promise<Exchange> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let closing: NodeJS.Timeout | undefined;
    const end = (how: End) => {
      clearTimeout(limit);
      clearTimeout(closing);
      socket.destroy();
      resolve({ ...parseAnswers(Buffer.concat(chunks)), end: how });
    };
    const limit = setTimeout(() => end('no answer in time'), ANSWER_WITHIN_MS);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      const all = Buffer.concat(chunks);
      if (cutAt !== undefined && all.includes(cutAt)) return end('cut by the client');
      clearTimeout(closing);
      if (parseAnswers(all).isWhole) closing = setTimeout(() => end('left open'), CLOSE_WITHIN_MS);
    });
    socket.once('end', () => end('closed'));
    socket.once('error', () => end(chunks.length > 0 ? 'closed' : 'reset'));
  });
}
