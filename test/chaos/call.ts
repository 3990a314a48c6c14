/** What a client got. */
export interface Answer {
  readonly status: number;
  readonly json: unknown;
  readonly retryAfterMs: number | undefined;
}

const WITHIN_MS = 20_000;

/** One request, with nothing hidden: no repetition, no exception for a status. Throws when there was no answer. */
export async function call(
  url: string,
  request: {
    readonly method?: string;
    readonly body?: object;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method: request.method ?? (request.body === undefined ? 'GET' : 'POST'),
    headers: { accept: 'application/json', 'content-type': 'application/json', ...request.headers },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    signal: AbortSignal.timeout(WITHIN_MS),
    redirect: 'manual',
  });
  const text = await response.text();
  const retryAfter = response.headers.get('retry-after');
  return {
    status: response.status,
    json: parse(text),
    retryAfterMs: retryAfter === null ? undefined : Number(retryAfter) * 1_000,
  };
}

/** Why there was no answer, in a word that can be counted. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return error.name === 'Error' || error.name === 'TypeError' ? error.message : error.name;
}

/** A field of what may be an object. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
