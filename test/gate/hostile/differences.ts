import type { GateKind } from '../gates.ts';
import type { Liberty } from './strict-reading.ts';

/** What one gate does otherwise than a strict reader, or than the other gate; harmless, and why. */
export interface Differences {
  readonly liberties: ReadonlySet<Liberty>;
  /** Header lines that it drops on their way, beyond those of the contract. */
  dropsHeader(name: string): boolean;
}

export const DIFFERENCES: Readonly<Record<GateKind['name'], Differences>> = {
  node: {
    // Node's parser (llhttp 9): it tells nobody that it was so generous, and what is sent on is right.
    liberties: new Set(['request-line-spaces', 'line-ends-before', 'rtsp', 'chunk-extensions'] as const),
    dropsHeader: () => false,
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
    ] as const),
    // nginx sets a variable for each header: what has no place in the name of one does not cross.
    dropsHeader: (name) => /[^A-Za-z0-9-]/.test(name),
  },
};
