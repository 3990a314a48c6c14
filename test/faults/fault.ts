/** The kinds of mistake that a change is likely to make. */
export type FaultKind =
  | 'dropped await'
  | 'header let through'
  | 'wrong state'
  | 'wrong key'
  | 'wrong account'
  | 'missing fsync'
  | 'off by one'
  | 'unsafe comparison'
  | 'retry too many'
  | 'unbounded wait'
  | 'missing limit'
  | 'swallowed error'
  | 'leaked secret';

/** A fault as data: one replacement in one source, and the tests that must fail while it is applied. */
export interface Fault {
  /** What goes wrong for the user, as a sentence. */
  readonly name: string;
  readonly kind: FaultKind;
  /** The source, as a path from the root. */
  readonly file: string;
  /** The text to replace. It must occur exactly once in the file. */
  readonly text: string;
  readonly replacement: string;
  /** Each of them must fail while the fault is applied, and pass without it. */
  readonly tests: readonly FaultTest[];
}

export interface FaultTest {
  /** The test file, as a path from the root. */
  readonly file: string;
  /** The full title of the test (titles of `describe` and `it`, joined by a space), or a part that only this test has. */
  readonly title: string;
  /** Of a conformance test whose fault concerns the implementation in the other process (nginx, PostgreSQL). */
  readonly tier?: 'system';
}

/** The tier in which the test runs. Conformance tests run in both; here in the unit tier unless the fault says otherwise. */
export function tierOf({ file, tier }: FaultTest): 'unit' | 'system' {
  return tier ?? (file.startsWith('test/system/') ? 'system' : 'unit');
}
