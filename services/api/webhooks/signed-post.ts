import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { CheckedAgents } from '../outbound/checked-agents.ts';
import { describeFailure } from '../outbound/failure-text.ts';
import { brokeOnReuse, type PublicAnswer, requestPublic } from '../outbound/public-request.ts';
import type { DeliveredEvent } from './delivered-event.ts';
import { signing } from './secrets.ts';
import type { Webhook } from './webhook.ts';

/** What became of one delivery. `ms`: how long it took. */
export type Outcome =
  | { readonly kind: 'delivered'; readonly status: number; readonly ms: number }
  /** 410: the receiver wants nothing any more. */
  | { readonly kind: 'gone'; readonly status: number; readonly reason: string; readonly ms: number }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      /** Undefined: there was no answer. */
      readonly status: number | undefined;
      /** What the receiver asks for. */
      readonly retryAfterMs: number | undefined;
      readonly ms: number;
    }
  /** The api is closing: it may have been delivered. */
  | { readonly kind: 'cut' };

export interface PostOptions {
  readonly agents: CheckedAgents;
  readonly timeoutMs: number;
  /** Cuts it off. */
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** What is read of an answer, and for how long at most, so that its connection can be used again. */
const MOST_BYTES_READ = 16 * 1024;
const MOST_MS_READ = 500;

/** One signed POST. Never throws: what went wrong is the outcome. Source: standardwebhooks.com, its specification. */
export async function postEvent(
  { url, secrets }: Pick<Webhook, 'url' | 'secrets'>,
  { id, body }: DeliveredEvent,
  { agents, timeoutMs, signal, now }: PostOptions,
): Promise<Outcome> {
  const begun = performance.now();
  const timestamp = new Date(now());
  const request = {
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(timestamp.getTime() / 1_000)),
      'webhook-signature': await sign(signing(secrets, now()), id, timestamp, body),
    },
    body,
    timeoutMs,
    signal,
  } as const;
  try {
    const answer = await requestPublic(agents, request).catch((error: unknown) => {
      if (signal.aborted || !brokeOnReuse(error)) throw error;
      return requestPublic(agents, request);
    });
    await discard(answer.body, Math.min(MOST_MS_READ, timeoutMs));
    return toOutcome(answer, url, Math.round(performance.now() - begun), now());
  } catch (error) {
    if (signal.aborted) return { kind: 'cut' };
    const ms = Math.round(performance.now() - begun);
    return {
      kind: 'failed',
      reason: describeFailure(error, url, timeoutMs),
      status: undefined,
      retryAfterMs: undefined,
      ms,
    };
  }
}

/** One signature for each secret, separated by spaces: receivers know one of them. */
async function sign(secrets: readonly string[], id: string, timestamp: Date, body: string): Promise<string> {
  // Loaded with the first delivery.
  const { Webhook } = await import('standardwebhooks');
  return secrets.map((secret) => new Webhook(secret).sign(id, timestamp, body)).join(' ');
}

/** The status says all there is to know, but a connection is used again only once its answer is through. */
async function discard(body: Readable, mostMs: number): Promise<void> {
  const late = setTimeout(() => body.destroy(), mostMs);
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += Buffer.isBuffer(chunk) ? chunk.length : 0;
      if (bytes > MOST_BYTES_READ) break;
    }
  } catch {
    body.destroy(); // Broke off behind the status.
  } finally {
    clearTimeout(late);
  }
}

function toOutcome({ status, headers }: PublicAnswer, { host }: URL, ms: number, now: number): Outcome {
  if (status >= 200 && status <= 299) return { kind: 'delivered', status, ms };
  if (status === 410) return { kind: 'gone', status, reason: `${host} answered with status 410 Gone`, ms };
  const isRedirect = status >= 300 && status <= 399 && headers.location !== undefined;
  return {
    kind: 'failed',
    reason: isRedirect
      ? `${host} answered with a redirect (${status}), which is not followed: register the URL that it leads to`
      : `${host} answered with status ${status}`,
    status,
    retryAfterMs: readRetryAfter(headers, now),
    ms,
  };
}

/** Seconds, or a date. Source: RFC 9110 §10.2.3. */
function readRetryAfter(headers: IncomingHttpHeaders, now: number): number | undefined {
  const text = headers['retry-after'];
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
