import fc from 'fast-check';
import { byte, oddByte, smuggled } from './text.ts';

/** A change of bytes wherever it falls. */
const mutation: fc.Arbitrary<(text: string) => string> = fc
  .tuple(
    fc.constantFrom('insert', 'replace', 'delete', 'repeat', 'truncate', 'append', 'swap-case'),
    fc.nat(1_000_000),
    fc.integer({ min: 1, max: 40 }),
    fc.oneof(
      oddByte,
      byte,
      smuggled,
      fc.constantFrom(
        '\r\n',
        '\r\n\r\n',
        '\n\n',
        '\r\n ',
        'Transfer-Encoding: chunked\r\n',
        'Content-Length: 3\r\n',
        '0\r\n\r\n',
        '..',
        '%2f',
        '/internal',
      ),
    ),
  )
  .map(([kind, place, length, piece]) => (text: string) => {
    const at = place % (text.length + 1);
    const rest = text.slice(at);
    switch (kind) {
      case 'insert':
        return text.slice(0, at) + piece + rest;
      case 'replace':
        return text.slice(0, at) + piece + rest.slice(piece.length);
      case 'delete':
        return text.slice(0, at) + rest.slice(length);
      case 'repeat':
        return text.slice(0, at) + rest.slice(0, length) + rest;
      case 'truncate':
        return text.slice(0, at);
      case 'append':
        return text + piece;
      default:
        return (
          text.slice(0, at) +
          rest
            .slice(0, length)
            .replace(/[a-z]/gi, (letter) => (letter < 'a' ? letter.toLowerCase() : letter.toUpperCase())) +
          rest.slice(length)
        );
    }
  });

/** The changes to the bytes of a case: none for most. */
export const mutations = fc.oneof(
  { arbitrary: fc.constant<((text: string) => string)[]>([]), weight: 88 },
  { arbitrary: fc.array(mutation, { minLength: 1, maxLength: 3 }), weight: 12 },
);
