import { KitError } from '../../contract/errors.ts';

/**
 * Throws `target_invalid` unless a path is in its canonical form, so that no upstream can read another path
 * in it than the one decided on. Nothing is repaired: what passes is forwarded byte for byte.
 * Source: RFC 9110 §7.7; the vectors stand in test/unit/gate/admission/canonical-path.test.ts.
 */
export function requireCanonicalPath(path: string): void {
  if (PLAIN_PATH.test(path)) return;
  for (const [pattern, what] of PATH_FAULTS) {
    if (pattern.test(path)) throw new KitError('target_invalid', `the path has ${what}`);
  }
}

/** The common case, in one look: no percent sign, and no segment that starts with a dot. */
const PLAIN_PATH = /^(?:\/[A-Za-z0-9_~!$&'()*+,=:@-][A-Za-z0-9._~!$&'()*+,=:@-]*)*\/?$/;

/** What a canonical path has not, and how that is called. */
export const PATH_FAULTS: readonly (readonly [RegExp, string])[] = [
  [/^[^/]/, 'no slash at its start'],
  [/[^\x21-\x7e]/, 'a control character, a space or a character outside ASCII'],
  [/\/\//, 'an empty segment (//)'],
  [/\/\.{1,2}(?:\/|$)/, 'a dot segment'],
  [/\\/, 'a backslash'],
  [/#/, 'a fragment'],
  [/;/, 'a semicolon'],
  [/%(?![0-9A-Fa-f]{2})/, 'an invalid percent escape'],
  [/%(?:[01][0-9A-Fa-f]|7[Ff])/, 'an encoded control character'],
  [/%(?:2[Ff]|5[Cc])/, 'an encoded separator'],
  // Two spellings of one path: an unreserved character never needs its escape (RFC 3986 §6.2.2.2).
  [/%(?:2[DdEe]|3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa]|5[Ff]|7[Ee])/, 'an escape of a character that needs none'],
];
