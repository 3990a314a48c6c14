import fc from 'fast-check';
import {
  chars,
  controlCode,
  type Head,
  inParts,
  type Legal,
  legalResponse,
  type Method,
  text,
  textOf,
  token,
} from './legal-response.ts';
import type { Script } from './scripted-service.ts';

/** A request, what the service does with it, and what the client must get. */
export interface Case {
  readonly method: Method;
  readonly kind: string;
  readonly script: Script;
  readonly expected: Expected;
}

export type Expected =
  /** All of this, byte for byte. */
  | { readonly end: 'whole'; readonly head: Head; readonly body: string }
  /** The 502 of the gate. */
  | { readonly end: 'refused' }
  /** A refusal of the gate, or a response that a client sees to be cut. */
  | { readonly end: 'cut' }
  /** A response or the end of the connection. */
  | { readonly end: 'any' };

/** Cases of all kinds. Before 1.29 nginx takes an interim response for the final one. */
export function cases(withInterim: boolean): fc.Arbitrary<Case> {
  const legal = legalResponse(withInterim);
  return fc.oneof(
    { weight: 5, arbitrary: legal.map(toCase) },
    { weight: 4, arbitrary: illegalHead(legal) },
    { weight: 3, arbitrary: cutResponse(legal) },
    { weight: 1, arbitrary: brokenChunks(legal) },
    { weight: 1, arbitrary: mutated(legal) },
    { weight: 1, arbitrary: noise },
  );
}

function toCase(legal: Legal): Case {
  const { method, head, body, cuts, isKept } = legal;
  return {
    method,
    kind: 'legal',
    script: { parts: inParts(textOf(legal), cuts), end: isKept ? 'keep' : 'close' },
    expected: { end: 'whole', head, body },
  };
}

/** A response that is right but for one fault in its head. */
function illegalHead(legal: fc.Arbitrary<Legal>): fc.Arbitrary<Case> {
  const inserted = fc
    .tuple(text, controlCode, text)
    .map(([a, code, b]) => `${a}x${String.fromCharCode(code)}x${b}`);
  const fault = fc.oneof(
    inserted.map((reason) => ({ kind: 'phrase', statusLine: `HTTP/1.1 404 ${reason}` })),
    inserted.map((reason) => ({ kind: 'phrase of a 304', statusLine: `HTTP/1.1 304 ${reason}` })),
    fc
      .tuple(token, inserted)
      .map(([name, value]) => ({ kind: 'value', lines: `X-Own-${name}: ${value}\r\n` })),
    fc
      .tuple(token, fc.constantFrom(...'()<>@,;"/[]?={} \x7f\x80\xff\0'), token)
      .map(([a, odd, b]) => ({ kind: 'name', lines: `${a}${odd}${b}: x\r\n` })),
    fc
      .oneof(
        fc.integer({ min: 0, max: 99 }).map((code) => String(code).padStart(3, '0')),
        fc.integer({ min: 600, max: 1_999 }).map(String),
        fc.constantFrom('', '2', '20', '2x0', '-20', '101'),
      )
      .map((code) => ({ kind: 'status', statusLine: `HTTP/1.1 ${code} OK` })),
    fc
      .constantFrom(
        'Content-Length: 1\r\nContent-Length: 2\r\n',
        'Content-Length: x\r\n',
        'Content-Length: -1\r\n',
        'Content-Length: 1\r\nTransfer-Encoding: chunked\r\n',
        'Transfer-Encoding: gzip\r\n',
        `X-Own-long: ${'x'.repeat(70_000)}\r\n`,
      )
      .map((lines) => ({ kind: 'framing', lines })),
  );
  return fc.tuple(legal, fault).map(([response, { kind, ...change }]): Case => {
    const plain = { ...response, framing: 'close', version: '1.1', isKept: false, interim: '' } as const;
    // Of the framing of what has no body little is read.
    const { method, head } = response;
    const framed =
      kind === 'framing' ? ({ ...plain, method: 'GET', head: { ...head, status: 200 } } as const) : plain;
    return {
      method: kind === 'framing' ? 'GET' : method,
      kind: `illegal ${kind}`,
      script: { parts: inParts(textOf(framed, change), response.cuts), end: 'close' },
      expected: { end: 'refused' },
    };
  });
}

const how = fc.constantFrom<Script['end']>('close', 'close', 'reset', 'hang');

function cutResponse(legal: fc.Arbitrary<Legal>): fc.Arbitrary<Case> {
  return fc
    .tuple(
      legal.filter(({ framing }) => framing !== 'close'),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      how,
    )
    .map(([response, share, end]): Case => {
      const bytes = textOf(response);
      const kept = bytes.slice(0, Math.floor(share * bytes.length));
      return {
        method: response.method,
        kind: `cut, ${end}`,
        script: { parts: inParts(kept, response.cuts), end },
        expected: { end: 'cut' },
      };
    });
}

function brokenChunks(legal: fc.Arbitrary<Legal>): fc.Arbitrary<Case> {
  return fc
    .tuple(legal, fc.constantFrom('zz\r\n', '\r\n', '-1\r\n', '5\r\nabcdefgh\r\n', 'f'.repeat(40)), how)
    .map(([response, chunk, end]): Case => {
      const { head, body } = response;
      const fault = {
        ...response,
        method: 'GET',
        head: { ...head, status: 200 },
        framing: 'chunked',
        version: '1.1',
      } as const;
      const bytes = textOf({ ...fault, body: body || 'some' }).replace(/0\r\nX-After: y\r\n\r\n$/, chunk);
      return {
        method: 'GET',
        kind: `broken chunk, ${end}`,
        script: { parts: inParts(bytes, response.cuts), end },
        expected: { end: 'cut' },
      };
    });
}

/** A response in which some bytes are others, or with bytes behind it. */
function mutated(legal: fc.Arbitrary<Legal>): fc.Arbitrary<Case> {
  const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const edit = fc.tuple(
    place,
    fc.integer({ min: 0, max: 3 }),
    chars(fc.integer({ min: 0, max: 255 }), { maxLength: 3 }),
  );
  return fc
    .tuple(
      legal,
      fc.array(edit, { maxLength: 4 }),
      fc.constantFrom('', '', 'x', 'HTTP/1.1 200 OK\r\n\r\n'),
      how,
    )
    .map(([response, edits, behind, end]): Case => {
      let bytes = textOf({ ...response, isKept: false }) + behind;
      for (const [share, removed, added] of edits) {
        const at = Math.floor(share * bytes.length);
        bytes = bytes.slice(0, at) + added + bytes.slice(at + removed);
      }
      return {
        method: response.method,
        kind: `mutated, ${end}`,
        script: { parts: inParts(bytes, response.cuts), end },
        expected: { end: 'any' },
      };
    });
}

const noise = fc.tuple(chars(fc.integer({ min: 0, max: 255 }), { maxLength: 200 }), how).map(
  ([bytes, end]): Case => ({
    method: 'GET',
    kind: `noise, ${end}`,
    script: { parts: inParts(bytes, []), end },
    expected: { end: 'any' },
  }),
);
