import fc from 'fast-check';

/** `UPGRADE` is a GET that asks to switch to WebSocket. */
export type Method = 'GET' | 'HEAD' | 'UPGRADE';

export interface Head {
  readonly status: number;
  readonly phrase: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** A response that every client must get. */
export interface Legal {
  readonly method: Method;
  readonly version: string;
  readonly head: Head;
  readonly framing: 'length' | 'chunked' | 'close';
  readonly body: string;
  readonly interim: string;
  readonly cuts: readonly number[];
  readonly isKept: boolean;
}

const CR_LF = '\r\n';
export const chars = (codes: fc.Arbitrary<number>, constraints: fc.ArrayConstraints): fc.Arbitrary<string> =>
  fc.array(codes, constraints).map((list) => String.fromCharCode(...list));

/** What a reason phrase and a value may have. Source: RFC 9112 §4, RFC 9110 §5.5. */
const textCode = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0x21, max: 0x7e }) },
  { weight: 1, arbitrary: fc.constantFrom(0x09, 0x20) },
  { weight: 4, arbitrary: fc.integer({ min: 0x80, max: 0xff }) },
);
/** What neither may have. */
export const controlCode = fc.oneof(
  fc.constantFrom(0x00, 0x0a, 0x0d, 0x1b, 0x7f),
  fc.integer({ min: 0, max: 0x1f }).filter((code) => code !== 0x09),
);
export const text = chars(textCode, { maxLength: 24 }).map((all) => all.replace(/^[\t ]+|[\t ]+$/g, ''));
const phrase = fc.oneof(
  text,
  fc.constantFrom('', 'OK', 'Pagina n\xe3o encontrada', Buffer.from('não encontrada').toString('latin1')),
);
export const token = fc
  .array(fc.constantFrom(..."!#$%&'*+-.^_`|~0123456789abcxyzABCXYZ"), { minLength: 1, maxLength: 10 })
  .map((list) => list.join(''));
const header = fc.tuple(
  token.map((name) => `X-Own-${name}`),
  text,
);
const status = fc.integer({ min: 200, max: 599 }).filter((code) => code !== 205);

export function legalResponse(withInterim: boolean): fc.Arbitrary<Legal> {
  const interim = fc
    .tuple(fc.constantFrom(102, 103, 104, 199), phrase, header)
    .map(([code, reason, [name, value]]) => `HTTP/1.1 ${code} ${reason}\r\n${name}: ${value}\r\n\r\n`);
  return fc
    .record({
      method: fc.constantFrom<Method>('GET', 'GET', 'GET', 'HEAD', 'UPGRADE'),
      version: fc.constantFrom('1.1', '1.1', '1.1', '1.0'),
      head: fc.record({ status, phrase, headers: fc.array(header, { maxLength: 4 }) }),
      framing: fc.constantFrom<Legal['framing']>('length', 'chunked', 'close'),
      body: fc.oneof(
        { weight: 6, arbitrary: chars(fc.integer({ min: 0, max: 255 }), { maxLength: 120 }) },
        { weight: 1, arbitrary: fc.integer({ min: 5_000, max: 40_000 }).map((length) => 'b'.repeat(length)) },
      ),
      interim: fc.array(interim, { maxLength: withInterim ? 2 : 0 }).map((all) => all.join('')),
      cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }),
      isKept: fc.boolean(),
    })
    .map((all): Legal => {
      const isBodyless = all.method === 'HEAD' || all.head.status === 204 || all.head.status === 304;
      const framing = all.version === '1.0' && all.framing === 'chunked' ? 'length' : all.framing;
      return {
        ...all,
        framing: isBodyless ? 'length' : framing,
        body: isBodyless ? '' : all.body,
        // HTTP/1.0 knows no interim responses, and the library for upgrades drops them.
        interim: all.version === '1.0' || all.method === 'UPGRADE' ? '' : all.interim,
        isKept: all.isKept && all.version === '1.1' && framing !== 'close' && all.method !== 'UPGRADE',
      };
    });
}

/** The bytes of a response, with other header lines or another status line if need be. */
export function textOf(legal: Legal, change: { statusLine?: string; lines?: string } = {}): string {
  const { version, head, framing, body, interim, isKept } = legal;
  const isBodyless = legal.method === 'HEAD' || head.status === 204 || head.status === 304;
  const lines = head.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const coding = {
    length: `Content-Length: ${body.length}\r\n`,
    chunked: 'Transfer-Encoding: chunked\r\n',
    close: '',
  };
  return [
    interim,
    change.statusLine ?? `HTTP/${version} ${head.status} ${head.phrase}`,
    CR_LF,
    lines,
    change.lines ?? '',
    isBodyless ? '' : coding[framing],
    isKept ? '' : 'Connection: close\r\n',
    CR_LF,
    framing === 'chunked' && !isBodyless ? inChunks(body) : body,
  ].join('');
}

/** In chunks of 50 bytes, with an extension and a trailer. Source: RFC 9112 §7.1. */
function inChunks(body: string): string {
  const chunks = body.match(/[\s\S]{1,50}/g) ?? [];
  return `${chunks.map((chunk) => `${chunk.length.toString(16)};x=1\r\n${chunk}\r\n`).join('')}0\r\nX-After: y\r\n\r\n`;
}

export function inParts(bytes: string, cuts: readonly number[]): Buffer[] {
  const at = [...new Set(cuts.map((cut) => Math.floor(cut * bytes.length)))].sort((a, b) => a - b);
  const edges = [0, ...at, bytes.length];
  return edges
    .slice(1)
    .map((edge, index) => Buffer.from(bytes.slice(edges[index], edge), 'latin1'))
    .filter((part) => part.length > 0);
}
