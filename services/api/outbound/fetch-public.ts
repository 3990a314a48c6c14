import { KitError } from '../../contract/errors.ts';
import { type CheckedAgents, createCheckedAgents, type OutboundRules } from './checked-agents.ts';
import { describeFailure } from './failure-text.ts';
import { faultOfUrl } from './outbound-url.ts';
import { type PublicAnswer, requestPublic } from './public-request.ts';

export interface FetchOptions extends OutboundRules {
  /** Most that is read, unpacked. */
  readonly maxBytes: number;
  /** For all of it, redirects included. */
  readonly timeoutMs: number;
  /** How many are followed; 5 unless given. */
  readonly redirects?: number;
  /** The `Accept` header; anything unless given. */
  readonly accept?: string;
  readonly signal?: AbortSignal;
  /** Called before a body of so many bytes is read, or of `maxBytes` if the server does not say; may wait, or throw. */
  readonly claim?: (bytes: number) => Promise<void>;
}

export interface Fetched {
  readonly status: number;
  /** As the server says it, without parameters, in lower case; empty when it says nothing. */
  readonly type: string;
  readonly bytes: Buffer;
  /** Where it was found, after redirects. */
  readonly url: URL;
}

const REDIRECTS = 5;
const REDIRECT_STATUSES: readonly number[] = [301, 302, 303, 307, 308];

/**
 * Fetches what anybody may fetch, from a URL that a stranger may have written. Each address is checked when it is
 * connected to, for each redirect anew. Throws KitError `address_refused`, `media_too_large`, `lookups_busy`, or `media_unusable` for
 * whatever else went wrong: what the server answered is not told, only its status.
 */
export async function fetchPublic(text: string, options: FetchOptions): Promise<Fetched> {
  const agents = createCheckedAgents(options);
  try {
    return await follow(agents, toUrl(text, undefined), options);
  } finally {
    agents.close();
  }
}

async function follow(agents: CheckedAgents, first: URL, options: FetchOptions): Promise<Fetched> {
  const { timeoutMs, redirects = REDIRECTS, accept = '*/*', signal } = options;
  const until = performance.now() + timeoutMs;
  let url = first;
  for (let followed = 0; followed <= redirects; followed += 1) {
    const leftMs = Math.max(1, Math.ceil(until - performance.now()));
    const answer = await requestPublic(agents, {
      method: 'GET',
      url,
      headers: { accept },
      timeoutMs: leftMs,
      ...(signal === undefined ? {} : { signal }),
    }).catch((error: unknown) => {
      throw toMediaError(error, url, timeoutMs);
    });
    const { location } = answer.headers;
    if (!REDIRECT_STATUSES.includes(answer.status) || location === undefined)
      return await take(answer, url, options);
    answer.body.destroy();
    url = toUrl(location, url);
  }
  throw new KitError('media_unusable', `${first.host} redirects more than ${redirects} times`);
}

async function take(
  answer: PublicAnswer,
  url: URL,
  { maxBytes, timeoutMs, claim }: FetchOptions,
): Promise<Fetched> {
  const { status, headers, body } = answer;
  try {
    if (status < 200 || status > 299)
      throw new KitError('media_unusable', `${url.host} answers with status ${status}`);
    // Said beforehand, it spares both sides the way; what is said wrongly is counted below.
    if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(url, maxBytes);
    const length = headers['content-length'];
    await claim?.(length === undefined ? maxBytes : Number(length));
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of body) {
      if (!Buffer.isBuffer(chunk)) throw new TypeError('a body is bytes');
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(url, maxBytes);
      chunks.push(chunk);
    }
    const type = (headers['content-type'] ?? '').split(';', 1).join('').trim().toLowerCase();
    return { status, type, bytes: Buffer.concat(chunks, bytes), url };
  } catch (error) {
    throw toMediaError(error, url, timeoutMs);
  } finally {
    body.destroy();
  }
}

function toUrl(text: string, base: URL | undefined): URL {
  const target = URL.canParse(text, base) ? new URL(text, base) : undefined;
  const fault = faultOfUrl(target?.href ?? text);
  if (target !== undefined && fault === undefined) return target;
  throw new KitError(
    'media_unusable',
    base === undefined ? `the URL ${fault}` : `${base.host} redirects to a URL that ${fault}`,
  );
}

function tooLarge(url: URL, maxBytes: number): KitError {
  return new KitError('media_too_large', `the file at ${url.host} has more than ${maxBytes} bytes`);
}

function toMediaError(error: unknown, url: URL, timeoutMs: number): KitError {
  if (error instanceof KitError) return error;
  return new KitError('media_unusable', describeFailure(error, url, timeoutMs), { cause: error });
}
