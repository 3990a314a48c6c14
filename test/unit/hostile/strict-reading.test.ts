import assert from 'node:assert/strict';
import { readStrictly } from '../../hostile/strict-reading.ts';

const HOST = 'Host: h\r\n';
const CHUNKED = `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`;

/** What RFC 9112 makes of bytes: the bodies of the requests in them, and how they end. */
const VECTORS: readonly (readonly [source: string, bytes: string, bodies: readonly string[], end: string])[] =
  [
    ['§3', `GET / HTTP/1.1\r\n${HOST}\r\nGET / HTTP/1.0\r\n\r\n`, ['', ''], 'clean'],
    ['§2.2 an empty line before', `\r\nGET / HTTP/1.1\r\n${HOST}\r\n`, [''], 'clean'],
    ['§2.2 a bare LF', `GET / HTTP/1.1\n${HOST}\r\n`, [], 'malformed'],
    ['§2.2 a bare CR', `GET / HTTP/1.1\r\nX: a\rb\r\n${HOST}\r\n`, [], 'malformed'],
    ['§3 two spaces', `GET  / HTTP/1.1\r\n${HOST}\r\n`, [], 'malformed'],
    ['§5.1 a space before the colon', `GET / HTTP/1.1\r\nHost : h\r\n\r\n`, [], 'malformed'],
    ['§5.2 a folded line', `GET / HTTP/1.1\r\n${HOST}X: a\r\n b\r\n\r\n`, [], 'malformed'],
    ['§6.2', `POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabcGET`, ['abc'], 'incomplete'],
    ['§6.3 short', `POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nab`, [], 'incomplete'],
    [
      '§6.3 two lengths',
      `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
      [],
      'malformed',
    ],
    ['§6.3 a signed length', `POST / HTTP/1.1\r\n${HOST}Content-Length: +1\r\n\r\na`, [], 'malformed'],
    ['§6.3 both', CHUNKED.replace('Host: h', 'Content-Length: 1'), [], 'malformed'],
    ['§6.1 another coding', CHUNKED.replace('chunked', 'gzip, chunked'), [], 'malformed'],
    ['§6.1 HTTP/1.0', CHUNKED.replace('1.1', '1.0'), [], 'malformed'],
    ['§7.1', `${CHUNKED}3\r\nabc\r\nA;x="\r"\r\n`, [], 'malformed'],
    ['§7.1', `${CHUNKED}3;x=y\r\nabc\r\n0\r\nX: t\r\n\r\nGET / HTTP/1.0\r\n\r\n`, ['abc', ''], 'clean'],
    ['§7.1 a chunk longer than it says', `${CHUNKED}2\r\nabc\r\n0\r\n\r\n`, [], 'malformed'],
    ['§7.1 a hexadecimal prefix', `${CHUNKED}0x2\r\nab\r\n0\r\n\r\n`, [], 'malformed'],
  ];

describe('the strict reading of bytes', () => {
  for (const [source, bytes, bodies, end] of VECTORS) {
    it(`${source}: ${JSON.stringify(bytes.slice(0, 80))}`, () => {
      const reading = readStrictly(bytes, new Set());
      assert.deepEqual(
        reading.requests.map(({ body }) => body),
        bodies,
      );
      assert.equal(reading.end, end, reading.why);
    });
  }

  it('takes a liberty only where it is allowed, and says so', () => {
    const [request] = readStrictly(`GET / HTTP/1.1\n${HOST}\r\n`, new Set(['bare-lf'])).requests;
    assert.equal(request?.isStrict, false);
    assert.equal(
      readStrictly(`GET / HTTP/1.1\r\n${HOST}\r\n`, new Set(['bare-lf'])).requests[0]?.isStrict,
      true,
    );
  });
});
