/** One response: its first line, its headers as they came, and its body without the framing. */
export interface Response {
  readonly line: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

export interface Parsed {
  readonly responses: readonly Response[];
  /** Bytes that are no response. */
  readonly rest: Buffer;
  /** Whether the last response is complete, interim responses aside. */
  readonly isWhole: boolean;
}

/** Splits what came over a connection into responses. */
export function parseAnswers(bytes: Buffer): Parsed {
  const responses: Response[] = [];
  let rest = bytes;
  let isWhole = false;
  while (rest.length > 0) {
    const split = rest.indexOf('\r\n\r\n');
    if (split < 0 || !rest.subarray(0, 5).equals(Buffer.from('HTTP/'))) break;
    const [line = '', ...lines] = rest.subarray(0, split).toString('latin1').split('\r\n');
    const headers = lines.map((text) => headerOf(text));
    const after = rest.subarray(split + 4);
    const { body, used, isDone } = readBody(line, headers, after);
    responses.push({ line, headers, body });
    rest = after.subarray(used);
    isWhole = isDone && !/^HTTP\/1\.1 1(?!01)\d\d /.test(line);
    if (!isDone) break;
  }
  return { responses, rest, isWhole };
}

function headerOf(text: string): readonly [string, string] {
  const colon = text.indexOf(':');
  return [text.slice(0, colon), text.slice(colon + 1).trim()];
}

function readBody(line: string, headers: Response['headers'], bytes: Buffer) {
  const headerValue = (name: string) => headers.find(([each]) => each.toLowerCase() === name)?.[1];
  const status = Number(line.split(' ')[1]);
  // After the switch come frames, and the connection stays open.
  if (status === 101) return { body: bytes, used: bytes.length, isDone: true };
  if (status < 200 || status === 204 || status === 304)
    return { body: Buffer.alloc(0), used: 0, isDone: true };
  if (headerValue('transfer-encoding') === 'chunked') return readChunks(bytes);
  const length = headerValue('content-length');
  if (length === undefined) return { body: bytes, used: bytes.length, isDone: false };
  const body = bytes.subarray(0, Number(length));
  return { body, used: body.length, isDone: body.length === Number(length) };
}

function readChunks(bytes: Buffer) {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = lineEnd < 0 ? Number.NaN : Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (Number.isNaN(size) || next > bytes.length)
      return { body: Buffer.concat(parts), used: bytes.length, isDone: false };
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
    if (size === 0) return { body: Buffer.concat(parts), used: at, isDone: true };
  }
}
