import fc from 'fast-check';
import { body } from './body.ts';
import { caseLine, extraLines, hostLines } from './headers.ts';
import { mutations } from './mutation.ts';
import { target } from './target.ts';
import { type Bytes, byte, CASE_ID, DECOY_PORT, HOST, join, mostly, repeat, smuggled } from './text.ts';

/** What is sent on one connection, and where it is cut into writes. */
export interface HostileCase {
  /** Latin-1; with `CASE_ID` and `DECOY_PORT` not yet replaced. */
  readonly text: string;
  /** Places to cut at, as large numbers; reduced to the length of the text. */
  readonly cuts: readonly number[];
}

const method: Bytes = mostly(
  fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
  fc.oneof(
    fc.constantFrom(
      'TRACE',
      'CONNECT',
      'get',
      'Post',
      'PROPFIND',
      'M-SEARCH',
      'QUERY',
      'FOO',
      'PRI',
      'GET\t',
      ' GET',
      'G ET',
      '',
      'GET/',
      'G\0T',
      'BREW',
      'LINK',
      'PURGE',
      'SOURCE',
      '_GET',
      'GE\xd4',
      'POSTGET',
      'OPTIONS',
    ),
    repeat(byte, 4),
  ),
  0.03,
);

const version: Bytes = fc.oneof(
  { arbitrary: fc.constant('HTTP/1.1'), weight: 90 },
  { arbitrary: fc.constant('HTTP/1.0'), weight: 5 },
  {
    arbitrary: fc.constantFrom(
      '',
      'HTTP/0.9',
      'HTTP/1.2',
      'HTTP/2.0',
      'HTTP/2',
      'http/1.1',
      'HTTP/1.1 ',
      'HTTP/1.10',
      'HTTP/01.1',
      'HTTP/1,1',
      'HTTP/1',
      'HTTP/11',
      'HTTP 1.1',
      'HTTP/1.1\0',
      'HTTP/1.1\t',
      'HTTPS/1.1',
      'ICE/1.0',
      'RTSP/1.0',
      'HTTP/3.0',
      'HTTP/-1.1',
      'HTTP/1.1 HTTP/1.1',
    ),
    weight: 2,
  },
);

const space: Bytes = mostly(
  fc.constant(' '),
  fc.constantFrom('  ', '\t', '', '\v', '\f', '\xa0', ' \t', '\0'),
  0.01,
);
const lineEnd: Bytes = mostly(
  fc.constant('\r\n'),
  fc.constantFrom('\n', '\r', '\r\r\n', '\n\r', '\0\r\n', ' \r\n'),
  0.015,
);
const headEnd: Bytes = mostly(
  fc.constant('\r\n'),
  fc.constantFrom('\n', '\r', '', '\r\r\n', ' \r\n', '\0\r\n', '\r\n\r\n'),
  0.02,
);
const before: Bytes = mostly(
  fc.constant(''),
  fc.constantFrom('\r\n', '\r\n\r\n', '\n', '\r', ' ', '\0', '\xef\xbb\xbf', 'x'),
  0.03,
);

const message = fc
  .record({
    before,
    method,
    first: space,
    target,
    second: space,
    version,
    end: lineEnd,
    host: hostLines,
    extra: extraLines,
    isCaseFirst: fc.boolean(),
    body,
    headEnd,
  })
  .map((part) => (index: number): string => {
    const line = `${part.before}${part.method}${part.first}${part.target}${part.second}${part.version}${part.end}`;
    const own = caseLine(index);
    const lines = part.isCaseFirst
      ? own + part.host + part.extra + part.body.lines
      : part.host + part.body.lines + part.extra + own;
    return line + lines + part.headEnd + part.body.bytes;
  });

/** A WebSocket's beginning, and perhaps what should not go through before the tunnel is open (CVE-2026-2833). */
const upgrade = fc
  .record({
    method: mostly(fc.constant('GET'), fc.constantFrom('POST', 'HEAD', 'CONNECT')),
    target: mostly(fc.constantFrom('/ws', '/ws/x?y'), target),
    version: mostly(fc.constant('HTTP/1.1'), fc.constant('HTTP/1.0')),
    lines: mostly(
      fc.constant('Connection: Upgrade\r\nUpgrade: websocket\r\n'),
      fc.constantFrom(
        'Connection: Upgrade\r\nUpgrade: h2c\r\n',
        'Connection: upgrade\r\nUpgrade: websocket, x\r\n',
        'Upgrade: websocket\r\n',
        'Connection: Upgrade\r\nUpgrade: x\r\n',
      ),
      0.3,
    ),
    extra: extraLines,
    after: mostly(fc.constant(''), smuggled, 0.4),
  })
  .map((part) => (index: number): string => {
    const { lines, extra, after } = part;
    const head = `${part.method} ${part.target} ${part.version}\r\nHost: ${HOST}\r\n${caseLine(index)}${lines}${extra}`;
    return `${head}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n${after}`;
  });

const cuts = fc.oneof(
  { arbitrary: fc.constant<number[]>([]), weight: 70 },
  { arbitrary: fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 4 }), weight: 30 },
);

const messages = fc.oneof(
  { arbitrary: fc.tuple(message), weight: 60 },
  {
    arbitrary: fc.array(fc.oneof({ arbitrary: message, weight: 9 }, { arbitrary: upgrade, weight: 1 }), {
      minLength: 2,
      maxLength: 4,
    }),
    weight: 35,
  },
  { arbitrary: fc.tuple(upgrade), weight: 5 },
);

const grammatical = fc
  .tuple(messages, mutations)
  .map(([list, changes]) =>
    changes.reduce((text, change) => change(text), list.map((render, index) => render(index)).join('')),
  );

const noise: Bytes = fc.oneof(
  repeat(byte, 64),
  fc.constantFrom(
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'GET /api\r\n',
    'GET /api',
    'SSH-2.0-x\r\n',
    'PROXY TCP4 6.6.6.6 1.1.1.1 1 2\r\nGET /api HTTP/1.1\r\nHost: h.test\r\n\r\n',
    '\r\n\r\n\r\n',
    '\0',
  ),
  join(`GET /api HTTP/1.1\r\nHost: ${HOST}\r\n`, repeat(byte, 40), '\r\n\r\n'),
);

/** One connection's worth of hostile bytes, near enough to HTTP that a good part of it is let in. */
export const hostileCase: fc.Arbitrary<HostileCase> = fc.record({
  text: fc.oneof({ arbitrary: grammatical, weight: 97 }, { arbitrary: noise, weight: 3 }),
  cuts,
});

/** The text as it goes out in one case. */
export function bytesOf({ text }: HostileCase, caseId: string, decoyPort: number): string {
  return text.replaceAll(CASE_ID, caseId).replaceAll(DECOY_PORT, String(decoyPort));
}

/** The text in pieces, one a write. */
export function piecesOf(text: string, places: readonly number[]): Buffer[] {
  const ends = [...new Set([...places.map((place) => place % (text.length + 1)), text.length])].sort(
    (a, b) => a - b,
  );
  return ends
    .map((end, index) => Buffer.from(text.slice(ends[index - 1] ?? 0, end), 'latin1'))
    .filter(({ length }) => length > 0);
}
