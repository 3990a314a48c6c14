import fc from 'fast-check';
import { type Bytes, byte, join, mostly, oddByte, repeat, smuggled } from './text.ts';

/** Header lines that say where the body ends, and the bytes of it. */
export interface BodyText {
  readonly lines: string;
  readonly bytes: string;
}

type Body = fc.Arbitrary<BodyText>;

const content: Bytes = fc.oneof(
  { arbitrary: fc.constantFrom('', 'x', '{"a":1}', 'hello=world', '0\r\n\r\n', '\r\n\r\n'), weight: 5 },
  { arbitrary: repeat(byte, 24), weight: 2 },
  { arbitrary: smuggled, weight: 2 },
  { arbitrary: fc.integer({ min: 1, max: 9_000 }).map((length) => 'b'.repeat(length)), weight: 1 },
);

const right: Body = content.map((bytes) => ({ lines: `Content-Length: ${bytes.length}\r\n`, bytes }));

/** A length and what is not of that length: short, or with more behind it. */
const wrongLength: Body = fc
  .tuple(content, fc.constantFrom(-9, -1, 1, 2, 5, 40), fc.oneof(fc.constant(''), smuggled))
  .map(([bytes, by, more]) => ({
    lines: `Content-Length: ${Math.max(0, bytes.length + by)}\r\n`,
    bytes: bytes + more,
  }));

const oddLength: Body = fc
  .tuple(
    content,
    fc.constantFrom<(length: number) => string>(
      (n) => `Content-Length: +${n}\r\n`,
      (n) => `Content-Length: -${n}\r\n`,
      (n) => `Content-Length: 0${n}\r\n`,
      (n) => `Content-Length: 0x${n.toString(16)}\r\n`,
      (n) => `Content-Length: ${n}, ${n}\r\n`,
      (n) => `Content-Length: ${n},\r\n`,
      (n) => `Content-Length: ${n}\r\nContent-Length: ${n}\r\n`,
      (n) => `Content-Length: ${n}\r\nContent-Length: 0\r\n`,
      (n) => `Content-Length: 0\r\nContent-Length: ${n}\r\n`,
      (n) => `Content-Length: ${n} 0\r\n`,
      (n) => `Content-Length: \t${n} \t\r\n`,
      (n) => `Content-Length:${n}\r\n`,
      (n) => `Content-Length : ${n}\r\n`,
      (n) => `Content_Length: ${n}\r\n`,
      (n) => `Content-Length: ${n}.0\r\n`,
      (n) => `Content-Length: ${n}e0\r\n`,
      (n) => `Content-Length: \x0b${n}\r\n`,
      (n) => `Content-Length: ${n}\0\r\n`,
      (n) => `Content-Length: "${n}"\r\n`,
      (n) => `X: y\nContent-Length: ${n}\r\n`,
      (n) => `Content-Length:\r\n ${n}\r\n`,
      () => 'Content-Length:\r\n',
      () => 'Content-Length: 18446744073709551616\r\n',
      () => 'Content-Length: 9223372036854775807\r\n',
      () => 'Content-Length: 4294967296\r\n',
    ),
  )
  .map(([bytes, lines]) => ({ lines: lines(bytes.length), bytes }));

const extension: Bytes = mostly(
  fc.constant(''),
  fc.constantFrom(
    ';a=b',
    ';a',
    '; a = "b;c"',
    ';a="\\"\r\n"',
    ';',
    ';;',
    ';=',
    ';a=b\n',
    ' ;a',
    ';\xff',
    `;${'x'.repeat(3_000)}`,
    ' ',
    '\t',
    ';a=b\rX',
    ';\0',
    '\x0b',
  ),
  0.1,
);

const sizeOdd = fc.constantFrom<(size: number) => string>(
  (size) => `0x${size.toString(16)}`,
  (size) => `+${size.toString(16)}`,
  (size) => ` ${size.toString(16)}`,
  (size) => `${size.toString(16)} `,
  (size) => `-${size.toString(16)}`,
  (size) => `0000000${size.toString(16)}`,
  (size) => `00000000000000000000${size.toString(16)}`,
  (size) => `10000000000000000${size.toString(16)}`,
  (size) => (size + 1).toString(16),
  (size) => Math.max(0, size - 1).toString(16),
  (size) => size.toString(16).toUpperCase(),
  (size) => `${size.toString(16)}g`,
  (size) => `${size.toString(16)}\n`,
  () => '',
  () => 'ffffffffffffffff',
  () => '7fffffffffffffff',
  () => '100000000',
);

const chunkEnd: Bytes = mostly(
  fc.constant('\r\n'),
  fc.constantFrom('\n', '\r', '', '\r\r\n', ' \r\n', 'x\r\n', '\n\r', '\0\r\n'),
  0.03,
);

const chunk: Bytes = fc
  .tuple(content, extension, chunkEnd, chunkEnd, fc.option(sizeOdd, { freq: 25 }))
  .filter(([bytes]) => bytes !== '')
  .map(([bytes, ext, lineEnd, dataEnd, odd]) => {
    const size = odd === null ? bytes.length.toString(16) : odd(bytes.length);
    return `${size}${ext}${lineEnd}${bytes}${dataEnd}`;
  });

const trailers: Bytes = mostly(
  fc.constant('\r\n'),
  fc.constantFrom(
    'X-Own: late\r\n\r\n',
    'Content-Length: 5\r\n\r\n',
    'X-Gatehouse-Secret: forged\r\n\r\n',
    'Host: evil\r\n\r\n',
    'X-Real-IP: 6.6.6.6\r\n\r\n',
    'broken\r\n\r\n',
    'X: a\r\n b\r\n\r\n',
    '',
    '\n',
    '\r',
    'X : a\r\n\r\n',
    'Transfer-Encoding: chunked\r\n\r\n',
  ),
  0.15,
);

const lastChunk: Bytes = mostly(
  fc.constant('0'),
  fc.constantFrom('00000', '0;a', '', '0x0', '-0', '0 ', ' 0', '0\r\n0'),
  0.08,
);

const chunks: Bytes = join(repeat(chunk, 3), lastChunk, chunkEnd, trailers);

const chunked: Body = chunks.map((bytes) => ({ lines: 'Transfer-Encoding: chunked\r\n', bytes }));

const CODINGS = [
  'Chunked',
  'CHUNKED',
  'chunked, identity',
  'identity, chunked',
  'gzip, chunked',
  'chunked, chunked',
  'xchunked',
  'chunkedx',
  'identity',
  'chunked;q=1',
  '\x0bchunked',
  'chunked\0',
  '"chunked"',
  'chunked,',
  ',chunked',
  '',
  ' chunked ',
  '\tchunked',
  'x',
  'gzip',
  'chun\rked',
  'c\xa0hunked',
  'chunked\xa0',
  'trailers',
] as const;

const codingLine: Bytes = fc.oneof(
  fc.constantFrom(...CODINGS).map((coding) => `Transfer-Encoding: ${coding}\r\n`),
  fc.constantFrom(
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n',
    'Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n',
    'Transfer-Encoding : chunked\r\n',
    'Transfer_Encoding: chunked\r\n',
    'Transfer-Encoding:\r\n chunked\r\n',
    ' Transfer-Encoding: chunked\r\n',
    'X: y\r\n\tTransfer-Encoding: chunked\r\n',
    'X: y\nTransfer-Encoding: chunked\r\n',
    'X: y\rTransfer-Encoding: chunked\r\n',
    'Transfer-Encoding\t: chunked\r\n',
    'Transfer-Encoding: chunked\n',
    'transfer-encoding:chunked\r\n',
    'Transfer\x01-Encoding: chunked\r\n',
    'Content-Encoding: chunked\r\n',
    'TE: chunked\r\n',
  ),
);

const oddCoding: Body = fc.record({
  lines: codingLine,
  bytes: join(chunks, mostly(fc.constant(''), smuggled, 0.4)),
});

/** Two answers to one question. Source: RFC 9112 §6.3, §11.2. */
const both: Body = fc
  .tuple(
    mostly(fc.constant('Transfer-Encoding: chunked\r\n'), codingLine, 0.5),
    chunks,
    smuggled,
    fc.constantFrom(0, 1, 2, 3),
    fc.boolean(),
  )
  .map(([coding, bytes, more, by, isLengthFirst]) => {
    const length = `Content-Length: ${by === 0 ? bytes.length : by === 1 ? bytes.length + more.length : by === 2 ? 0 : 4}\r\n`;
    return { lines: isLengthFirst ? length + coding : coding + length, bytes: bytes + more };
  });

/** Bytes that nothing announced. */
const unannounced: Body = fc.record({
  lines: fc.constantFrom('', '', 'Content-Length: 0\r\n'),
  bytes: fc.oneof(content, smuggled, repeat(oddByte, 4)),
});

const NONE: BodyText = { lines: '', bytes: '' };

/** A client that asks before it sends, and then does not wait. */
const asked: Body = fc
  .oneof(right, chunked)
  .map(({ lines, bytes }) => ({ lines: `Expect: 100-continue\r\n${lines}`, bytes }));

export const body: Body = fc.oneof(
  { arbitrary: fc.constant(NONE), weight: 60 },
  { arbitrary: right, weight: 26 },
  { arbitrary: chunked, weight: 24 },
  { arbitrary: asked, weight: 8 },
  { arbitrary: wrongLength, weight: 3 },
  { arbitrary: oddLength, weight: 3 },
  { arbitrary: oddCoding, weight: 3 },
  { arbitrary: both, weight: 2 },
  { arbitrary: unannounced, weight: 2 },
);
