import { parseArgs } from 'node:util';
import { GATES, type GateName } from './parts/answers.ts';
import { DATABASES, type DatabaseName } from './parts/data.ts';

/** What can be compared by itself. */
export const PARTS = ['files', 'commands', 'answers', 'log', 'data'] as const;
export type Part = (typeof PARTS)[number];

export interface Options {
  /** A commit, or any other name that git knows. */
  readonly base: string;
  readonly parts: readonly Part[];
  readonly gates: readonly GateName[];
  readonly databases: readonly DatabaseName[];
  /** Data folders are written without messages that use these fields of a send. */
  readonly without: readonly string[];
  /** A folder to compare instead of this working tree. */
  readonly tree: string | undefined;
}

/** Reads the command line. Throws when a word is unknown, or when no base is given. */
export function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { base: text, only: text, gates: text, databases: text, without: text, tree: text },
  });
  if (values.base === undefined || values.base === '')
    throw new Error('a commit is missing: make compare BASE=COMMIT, or --base COMMIT');
  return {
    base: values.base,
    parts: chooseFrom('--only', PARTS, values.only),
    gates: chooseFrom('--gates', GATES, values.gates),
    databases: chooseFrom('--databases', DATABASES, values.databases),
    without: words(values.without),
    tree: values.tree,
  };
}

function chooseFrom<T extends string>(
  flag: string,
  known: readonly T[],
  given: string | undefined,
): readonly T[] {
  const wanted = words(given);
  const unknown = wanted.filter((word) => !known.some((each) => each === word));
  if (unknown.length > 0)
    throw new Error(`${flag} does not know ${unknown.join(', ')}; it knows ${known.join(', ')}`);
  return wanted.length === 0 ? known : known.filter((each) => wanted.includes(each));
}

function words(text = ''): readonly string[] {
  return text.split(',').filter((word) => word !== '');
}
