import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { type Answers, readResponses } from './responses.ts';
import type { Reading } from './strict-reading.ts';

/** What came back on one connection. */
export interface Transcript extends Answers {
  readonly received: string;
  /** The gate has answered all it had to, or closed, and it closed once we had. */
  readonly isFinished: boolean;
  readonly wasReset: boolean;
}

/** For answers to what is whole. */
const ANSWER_MS = 8_000;
/** For something to come of what is not: an answer to a fault, or to what was smuggled behind it. */
const FAULT_MS = 60;
/** Between two writes, so that they arrive as two. */
const PAUSE_MS = 1;

/**
 * Writes pieces on a connection from an address of this case alone, waits for the answers that a strict reading calls
 * for, ends, and reads until the gate has closed. Throws only when there is no connection.
 */
export async function converse(
  port: number,
  localAddress: string,
  pieces: readonly Buffer[],
  reading: Reading,
): Promise<Transcript> {
  const methods = [...reading.requests, ...(reading.cut === undefined ? [] : [reading.cut])].map(
    ({ method }) => method,
  );
  const socket = connect({ host: '127.0.0.1', port, localAddress, allowHalfOpen: true, noDelay: true });
  let received = '';
  let isEnded = false;
  let wasReset = false;
  let wake = (): void => undefined;
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    received += text;
    wake();
  });
  socket.on('end', () => {
    isEnded = true;
    wake();
  });
  socket.on('close', () => {
    isEnded = true;
    wake();
  });
  await once(socket, 'connect');
  socket.on('error', () => {
    wasReset = true;
    isEnded = true;
    wake();
  });

  /** Whether that many answers, or the end, came in time. */
  async function answered(count: number, withinMs: number): Promise<boolean> {
    const untilMs = performance.now() + withinMs;
    for (;;) {
      if (isEnded) return true;
      const { responses, isTunnel } = readResponses(received, methods, false);
      if (isTunnel || responses.length >= count) return true;
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) return false;
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      const timer = globalThis.setTimeout(resolve, leftMs);
      await promise;
      clearTimeout(timer);
    }
  }

  for (const [index, piece] of pieces.entries()) {
    if (index > 0) await setTimeout(PAUSE_MS);
    else await setImmediate();
    if (!socket.writable) break;
    socket.write(piece);
  }
  let isFinished = await answered(reading.requests.length, ANSWER_MS);
  if (reading.end !== 'clean') await answered(reading.requests.length + 1, FAULT_MS);
  socket.end();
  isFinished = (await answered(Number.POSITIVE_INFINITY, ANSWER_MS)) && isFinished;
  if (!isFinished && !isEnded) isFinished = false;
  socket.destroy();
  return { ...readResponses(received, methods, isEnded), received, isFinished, wasReset };
}
