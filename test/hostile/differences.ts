import type { GateKind } from '../support/gate/gates.ts';
import type { Liberty } from './byte-cursor.ts';

/** What one gate does otherwise than a strict reader, or than the other gate; harmless, and why. */
export interface Differences {
  readonly liberties: ReadonlySet<Liberty>;
  /** Header lines that it drops on their way, beyond those of the contract. */
  dropsHeader(name: string): boolean;
  /** Which lines of Connection it looks at. */
  readonly connectionLines: 'all' | 'first';
  /** The library that takes upgrades there sends the lines of one header as one. */
  readonly joinsInUpgrades: boolean;
  /** A fault in the body of a request that offered an upgrade is found by the idle timeout alone. */
  readonly isSilentBehindUpgrades: boolean;
  /** Names of `X-Forwarded-*` and `X-Accel-*` that cross all the same. */
  readonly passesFamily: RegExp;
  /** What a service may find unreadable. */
  readonly unreadable: RegExp;
  /** Requests that come in one go share the room for headers. */
  readonly sharesHeaderRoom: boolean;
  /** Answers to what it cannot read have no head, as in HTTP/0.9. */
  readonly answersWithoutHead: boolean;
  /** The status of its answer to a request whose body is broken, where it should say 400. */
  readonly statusOfBroken: number;
}

const NOTHING = /^(?!)/;

const NAMES_NGINX_DROPS = [
  ...['buffering', 'charset', 'expires', 'limit-rate', 'mapping', 'redirect'].map(
    (name) => `x-accel-${name}`,
  ),
  ...['for', 'host', 'port', 'proto', 'by', 'email', 'groups', 'method', 'path', 'prefix', 'scheme'].map(
    (name) => `x-forwarded-${name}`,
  ),
  ...['server', 'ssl', 'uri', 'user'].map((name) => `x-forwarded-${name}`),
];

export const DIFFERENCES: Readonly<Record<GateKind['name'], Differences>> = {
  node: {
    // Node's parser (llhttp 9): it tells nobody that it was so generous, and what is sent on is right.
    liberties: new Set(['request-line-spaces', 'line-ends-before', 'rtsp', 'chunk-extensions'] as const),
    dropsHeader: () => false,
    connectionLines: 'all',
    joinsInUpgrades: true,
    // Node's server tells nobody: it takes what its parser says then for the end of an upgrade.
    isSilentBehindUpgrades: true,
    passesFamily: NOTHING,
    unreadable: NOTHING,
    sharesHeaderRoom: false,
    answersWithoutHead: false,
    statusOfBroken: 400,
  },
  nginx: {
    // nginx has always read so: it takes LF for a line's end, and leaves out lines that are no headers.
    liberties: new Set([
      'bare-lf',
      'chunk-bare-lf',
      'request-line-spaces',
      'line-ends-before',
      'chunk-extensions',
      'invalid-lines',
      'control-characters',
      'target-bytes',
      'spaces-at-line-end',
      'trailer-lines',
      'chunk-line-rests',
      'minor-versions',
      'repeated-cr',
    ] as const),
    // nginx sets a variable for each header: what has no place in the name of one does not cross.
    dropsHeader: (name) => /[^A-Za-z0-9-]/.test(name),
    // Its variable has the first alone (before 1.23); what that names it refuses, as it cannot drop it.
    connectionLines: 'first',
    joinsInUpgrades: false,
    isSilentBehindUpgrades: false,
    // It drops headers by name; these are the names it has (nginx/render-config.ts).
    passesFamily: new RegExp(`^(?!(?:${NAMES_NGINX_DROPS.join('|')})$)x-(?:forwarded|accel)-`, 'i'),
    // It looks at no byte of a value but NUL, CR and LF; a service that does answers 400.
    unreadable: /^HPE_INVALID_HEADER_TOKEN /,
    // One buffer of the size of the limit holds what was read, be it of one request or of several.
    sharesHeaderRoom: true,
    // A line without a version is HTTP/0.9 to it: refused, in that version's way.
    answersWithoutHead: true,
    // The problem document is lost where it finds the fault again as it throws the rest of the body away.
    statusOfBroken: 500,
  },
};
