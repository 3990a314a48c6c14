/** A response as a strict client reads it. */
export interface ReadResponse {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

export interface Answers {
  readonly responses: readonly ReadResponse[];
  /** Bytes after them: of a response that is not whole, or of none. */
  readonly rest: string;
  readonly isTunnel: boolean;
}

/**
 * The final responses in what a client received, one for each method as long as there are methods.
 * Source: RFC 9112 §6.3. After a 101 the connection is a tunnel.
 */
export function readResponses(received: string, methods: readonly string[], isClosed: boolean): Answers {
  const responses: ReadResponse[] = [];
  let rest = received;
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) break;
    const head = rest.slice(0, end);
    const status = Number(/^HTTP\/1\.1 ([1-5][0-9]{2})(?: |$|\r)/.exec(head)?.[1] ?? 0);
    if (status === 0) break;
    const after = rest.slice(end + 4);
    if (status === 101)
      return { responses: [...responses, { status, head, body: '' }], rest: '', isTunnel: true };
    if (status < 200) {
      rest = after;
      continue;
    }
    const isBodyless = methods[responses.length] === 'HEAD' || status === 204 || status === 304;
    const length = isBodyless ? 0 : bodyLength(head, after, isClosed);
    if (length === undefined || length > after.length) break;
    responses.push({ status, head, body: after.slice(0, length) });
    rest = after.slice(length);
  }
  return { responses, rest, isTunnel: false };
}

/** How many bytes the body takes, framing included; undefined while it is not whole. */
function bodyLength(head: string, after: string, isClosed: boolean): number | undefined {
  const length = headerOf(head, 'content-length');
  if (length !== undefined) return Number(length);
  if (headerOf(head, 'transfer-encoding') !== 'chunked') return isClosed ? after.length : undefined;
  let position = 0;
  for (;;) {
    const [line, digits] = /^([0-9a-fA-F]+)\r\n/.exec(after.slice(position)) ?? [];
    if (line === undefined || digits === undefined) return undefined;
    const size = Number.parseInt(digits, 16);
    position += line.length + size + 2;
    if (after.slice(position - 2, position) !== '\r\n') return undefined;
    if (size === 0) return position;
  }
}

/** The value of a header of a response, the first one. */
export function headerOf(head: string, name: string): string | undefined {
  return new RegExp(`\r\n${name}:[ \t]*(.*?)[ \t]*(?:\r|$)`, 'i').exec(head)?.[1];
}
