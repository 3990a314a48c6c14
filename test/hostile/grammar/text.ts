import fc from 'fast-check';

/** Bytes, as Latin-1 text. */
export type Bytes = fc.Arbitrary<string>;

/** Stand for what is known only when a case is sent; as long as what they are replaced with. */
export const CASE_ID = 'CASEIDXX';
export const DECOY_PORT = 'DPORT';

export const HOST = 'h.test';

/** The plain value in most cases, one of the odd ones in the rest. */
export function mostly(plain: Bytes, odd: Bytes, share = 0.12): Bytes {
  const odds = Math.round(share * 100);
  return fc.oneof({ arbitrary: plain, weight: 100 - odds }, { arbitrary: odd, weight: odds });
}

export function join(...parts: (Bytes | string)[]): Bytes {
  return fc
    .tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)))
    .map((texts) => texts.join(''));
}

export function repeat(part: Bytes, most: number, separator = ''): Bytes {
  return fc.array(part, { maxLength: most }).map((texts) => texts.join(separator));
}

/** Any byte. */
export const byte: Bytes = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));

/** Bytes at which readers differ. */
export const oddByte: Bytes = fc.constantFrom(
  '\r',
  '\n',
  '\0',
  '\t',
  '\v',
  '\f',
  '\x1b',
  '\x7f',
  '\x80',
  '\xa0',
  '\xff',
  ' ',
  ';',
  ':',
  ',',
  '#',
  '?',
  '\\',
  '%',
  '/',
  '.',
  '"',
  '_',
  '\x85',
);

/** A request of its own, for where a reader might take the end of another one to be. */
export const smuggled: Bytes = join(
  fc.constantFrom('GET', 'POST', 'DELETE'),
  ' ',
  fc.constantFrom('/internal/x', '/api/smuggled', '/bridge', '/control/stop', '/API/x'),
  ` HTTP/1.1\r\nHost: ${HOST}\r\nX-Case: ${CASE_ID}-s\r\n`,
  fc.constantFrom('', 'Connection: close\r\n', 'Content-Length: 3\r\n', 'X-Gatehouse-Secret: forged\r\n'),
  fc.constantFrom('\r\n', '\r\n', '\r\n', ''),
);
