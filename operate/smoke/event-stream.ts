import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { type CheckContext, keyHeader } from './check-context.ts';
import { addressOf, DeadlineError } from './connection.ts';

/** A test of its own reads little of a stream. */
const MOST_CHARACTERS = 1024 ** 2;

/** An open stream of `/api/events`, from now on. */
export interface EventStream extends Disposable {
  readonly status: number;
  readonly type: string;
  /** Until the first byte of the body; undefined when none came in the time given to it. */
  readonly firstByteMs: number | undefined;
  /** Whether it is still open. */
  readonly isOpen: boolean;
  /** Waits until what came in all holds the text; gives whether it did in time. */
  waitFor(text: string, withinMs: number): Promise<boolean>;
}

/** Opens the stream and waits for its first byte. Rejects with the network's error, or DeadlineError when not even headers come. */
export async function openEventStream(
  context: CheckContext,
  firstByteWithinMs: number,
): Promise<EventStream> {
  const { target, signal, limits } = context;
  const startedAt = performance.now();
  const request = (target.isSecure ? requestTls : requestPlain)({
    ...addressOf(target),
    path: '/api/events',
    agent: false,
    headers: { host: target.authority, accept: 'text/event-stream', ...keyHeader(context) },
    signal,
  });
  let received = '';
  let isOpen = true;
  let firstByteMs: number | undefined;
  let onNews = (): void => undefined;
  const waitUntil = async (holds: () => boolean, withinMs: number): Promise<boolean> => {
    if (holds() || !isOpen) return holds();
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve(false), withinMs);
      onNews = () => {
        if (!holds() && isOpen) return;
        clearTimeout(late);
        resolve(holds());
      };
    });
  };
  const { statusCode = 0, headers } = await new Promise<{
    statusCode?: number | undefined;
    headers: { readonly 'content-type'?: string | undefined };
  }>((resolve, reject) => {
    const late = setTimeout(
      () => request.destroy(new DeadlineError(`no answer to GET /api/events within ${limits.answerMs} ms`)),
      limits.answerMs,
    );
    request.on('error', (error) => {
      clearTimeout(late);
      end();
      reject(error);
    });
    const end = () => {
      isOpen = false;
      onNews();
    };
    request.on('response', (response) => {
      clearTimeout(late);
      response.setEncoding('utf8');
      response.on('error', end);
      response.on('end', end);
      response.on('data', (text: string) => {
        firstByteMs ??= performance.now() - startedAt;
        received = (received + text).slice(-MOST_CHARACTERS);
        onNews();
      });
      resolve(response);
    });
    request.end();
  });
  await waitUntil(() => firstByteMs !== undefined, firstByteWithinMs);
  return {
    status: statusCode,
    type: headers['content-type'] ?? '',
    firstByteMs,
    get isOpen() {
      return isOpen;
    },
    waitFor: (text, withinMs) => waitUntil(() => received.includes(text), withinMs),
    [Symbol.dispose]: () => void request.destroy(),
  };
}
