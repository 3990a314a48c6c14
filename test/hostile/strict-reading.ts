import { Cursor, Fault, type Liberty, malformed } from './byte-cursor.ts';

/** A header line: its name as sent, its value without the white space around it. */
export type Header = readonly [name: string, value: string];

/** A request as a strict reader finds it in bytes (Latin-1 text). */
export interface ReadRequest {
  readonly method: string;
  readonly target: string;
  readonly version: '1.0' | '1.1' | 'other';
  readonly headers: readonly Header[];
  readonly framing: 'none' | 'length' | 'chunked';
  /** Without the framing; what there is of it where the request is cut. */
  readonly body: string;
  readonly trailers: readonly Header[];
  readonly headBytes: number;
  /** No liberty was needed to read it. */
  readonly isStrict: boolean;
}

/** All that one connection's bytes say. */
export interface Reading {
  readonly requests: readonly ReadRequest[];
  /** A request whose head is right and whose body is not, or not whole. */
  readonly cut: ReadRequest | undefined;
  /** After the requests: nothing more, the beginning of another, or what is no HTTP. */
  readonly end: 'clean' | 'incomplete' | 'malformed';
  readonly why: string;
}

/**
 * Reads requests until the bytes end or are wrong; after the first fault nothing counts, as nobody can know where the
 * next request begins. Source: RFC 9112 §2.2, §3, §5, §6.3, §7.1. The liberties are those of the gate under test.
 */
export function readStrictly(bytes: string, liberties: ReadonlySet<Liberty>): Reading {
  const requests: ReadRequest[] = [];
  const cursor = new Cursor(bytes, liberties);
  let cut: ReadRequest | undefined;
  try {
    while (!cursor.isAtEnd) {
      cut = undefined;
      const start = cursor.position;
      cursor.isStrict = true;
      if (cursor.skipEmptyLines() && cursor.isAtEnd) break;
      const { method, target, version } = readRequestLine(cursor);
      const headers = readFields(cursor);
      const head = { method, target, version, headers, headBytes: cursor.position - start };
      const framing = framingOf(version, headers);
      const begun: ReadRequest = {
        ...head,
        framing: framing.kind,
        body: '',
        trailers: [],
        isStrict: cursor.isStrict,
      };
      const body = new Body();
      try {
        readBody(cursor, framing, body);
      } catch (fault) {
        cut = { ...begun, body: body.text, isStrict: cursor.isStrict };
        throw fault;
      }
      requests.push({ ...begun, body: body.text, trailers: body.trailers, isStrict: cursor.isStrict });
    }
    return { requests, cut: undefined, end: 'clean', why: '' };
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    return { requests, cut, end: fault.end, why: fault.message };
  }
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t \\x21-\\x7e\\x80-\\xff])*"';
const REQUEST_LINE = new RegExp(`^(${TOKEN}) ([\\x21-\\x7e\\x80-\\xff]+) HTTP/(1\\.[0-9]{1,2})$`);
const SPACED_REQUEST_LINE = new RegExp(`^(${TOKEN}) +([\\x21-\\x7e\\x80-\\xff]+) +HTTP/(1\\.[0-9]{1,2})$`);
/** Node's parser knows a few more protocols, and takes them for HTTP. */
const RTSP = /^((?:GET|POST|OPTIONS) .*)RTSP\/1\./;
const FIELD = new RegExp(`^(${TOKEN}):[ \\t]*((?:[\\x21-\\x7e\\x80-\\xff][\\t\\x20-\\x7e\\x80-\\xff]*)?)$`);
/** As nginx reads: any byte in a value, and lines left out whose name is none, unless it has a space or a control in it. */
const NAME_ALONE = /^[A-Za-z0-9-]+$/;
const LOOSE_FIELD = new RegExp(`^(${TOKEN}):[ ]*([^\\0\\r\\n]*)$`);
const NO_FIELD = /^[^\0-\x20\x7f:]*(?::[^\0\r\n]*)?$/;
const LOOSE_CHUNK_SIZE = /^([0-9A-Fa-f]+)(?:;[^\r\n\0]*)?$/;
const CHUNK_SIZE = new RegExp(
  `^([0-9A-Fa-f]+)((?:[ \\t]*;[ \\t]*${TOKEN}(?:[ \\t]*=[ \\t]*(?:${TOKEN}|${QUOTED}))?)*)$`,
);

function readRequestLine(cursor: Cursor) {
  const sent = cursor.line('bare-lf');
  const own = / $/.test(sent) && cursor.takes('spaces-at-line-end') ? sent.replace(/ +$/, '') : sent;
  const line = RTSP.test(own) && cursor.takes('rtsp') ? own.replace(RTSP, '$1HTTP/1.') : own;
  const [, method, target, version] =
    cursor.match(line, REQUEST_LINE, 'request-line-spaces', SPACED_REQUEST_LINE) ?? [];
  if (method === undefined || target === undefined) throw malformed('the request line');
  if (versionOf(version) === 'other' && !cursor.takes('minor-versions')) throw malformed('the version');
  if (/[\x80-\xff]/.test(target) && !cursor.takes('target-bytes')) throw malformed('a byte outside ASCII');
  return { method, target, version: versionOf(version) };
}

function versionOf(text = ''): ReadRequest['version'] {
  return text === '1.0' || text === '1.1' ? text : 'other';
}

function readFields(cursor: Cursor): Header[] {
  const headers: Header[] = [];
  for (;;) {
    const line = cursor.line('bare-lf', 'repeated-cr');
    if (line === '') return headers;
    const [, name, value = ''] = cursor.match(line, FIELD, 'control-characters', LOOSE_FIELD) ?? [];
    // Allowed, and yet not white space to every reader.
    if (/:[ ]*\t|\t *$/.test(line)) cursor.isStrict = false;
    if (NAME_ALONE.test(line) && cursor.takes('invalid-lines')) headers.push([line, '']);
    else if (name !== undefined) headers.push([name, value.replace(/[ \t]+$/, '')]);
    else if (!NO_FIELD.test(line) || !cursor.takes('invalid-lines'))
      throw malformed(`the header line ${JSON.stringify(line.slice(0, 60))}`);
  }
}

function skipTrailers(cursor: Cursor): Header[] {
  while (cursor.line('chunk-bare-lf') !== '') cursor.isStrict = false;
  return [];
}

interface Framing {
  readonly kind: ReadRequest['framing'];
  readonly length: number;
}

function framingOf(version: string, headers: readonly Header[]): Framing {
  const codings = valuesOf(headers, 'transfer-encoding');
  const lengths = valuesOf(headers, 'content-length');
  if (codings.length > 0) {
    if (version === '1.0') throw malformed('Transfer-Encoding over HTTP/1.0');
    if (lengths.length > 0) throw malformed('Content-Length and Transfer-Encoding');
    if (codings.length > 1 || codings[0]?.toLowerCase() !== 'chunked') throw malformed('Transfer-Encoding');
    return { kind: 'chunked', length: 0 };
  }
  if (lengths.length === 0) return { kind: 'none', length: 0 };
  if (lengths.length > 1 || !/^[0-9]{1,15}$/.test(lengths[0] ?? '')) throw malformed('Content-Length');
  return { kind: 'length', length: Number(lengths[0]) };
}

function readBody(cursor: Cursor, { kind, length }: Framing, body: Body): void {
  if (kind === 'length') cursor.take(length, body);
  if (kind !== 'chunked') return;
  for (;;) {
    const digits = readChunkSize(cursor);
    if (digits === undefined) throw malformed('the size of a chunk');
    const size = Number.parseInt(digits, 16);
    if (size === 0) break;
    cursor.take(size, body);
    if (cursor.line('chunk-bare-lf') !== '') throw malformed('the end of a chunk');
  }
  body.trailers = cursor.takes('trailer-lines') ? skipTrailers(cursor) : readFields(cursor);
}

/** An extension is allowed, and so is a reader that will not have it. Source: RFC 9112 §7.1.1. */
function readChunkSize(cursor: Cursor): string | undefined {
  const line = cursor.line('chunk-bare-lf');
  if (line.includes(';')) cursor.isStrict = false;
  const [, digits] = /^([0-9A-Fa-f]+)[ \t;]/.exec(line) ?? [];
  if (digits !== undefined && cursor.takes('chunk-line-rests')) return digits;
  return cursor.match(line, CHUNK_SIZE, 'chunk-extensions', LOOSE_CHUNK_SIZE)?.[1];
}

/** All values of a header, in any case of its name. */
export function valuesOf(headers: readonly Header[], name: string): string[] {
  return headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
}

class Body {
  text = '';
  trailers: readonly Header[] = [];
}
