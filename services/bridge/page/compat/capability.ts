import type { RequestKind } from '../../../contract/compat.ts';
import type { ProbeName } from './probes.ts';

/** `confirmed` in public code, `likely` (no counter-evidence found), or `unknown`. */
export const GRADES = ['confirmed', 'likely', 'unknown'] as const;
export type Grade = (typeof GRADES)[number];

/** What the kit takes for granted of WhatsApp Web, and why. */
export interface Assumption {
  readonly text: string;
  readonly grade: Grade;
  /** Module and repository at a commit, or an issue. */
  readonly source: string;
}

/** What the kit does where the page has changed. */
export interface Patch {
  readonly text: string;
  /** The file of the bridge that holds it. */
  readonly file: string;
  /** The test by which it stands down. */
  readonly standsDown: string;
}

/** One thing that the kit can do with the page. */
export interface Capability {
  readonly name: string;
  readonly does: string;
  /** The kinds of requests that need it: only these are held while it is broken. */
  readonly kinds: readonly RequestKind[];
  /** `Module.path` of each function that is called; `Module.path:object` where no function is wanted. */
  readonly needs: readonly string[];
  readonly probes: readonly ProbeName[];
  readonly patches: readonly Patch[];
  readonly assumptions: readonly Assumption[];
}
