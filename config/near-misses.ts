import { distance } from 'fastest-levenshtein';
import type { PlacedSetting } from './schema.ts';
import type { Sources } from './sources.ts';

/** A variable nobody reads whose name is a slip away from one that is read. */
export interface NearMiss {
  readonly variable: string;
  readonly value: string;
  readonly meant: string;
}

/**
 * Variables that look like a misspelt setting. In the environment, which holds other programs' variables too, only
 * long names count (`APP_PORT` is somebody else's); in `.env` shorter ones do.
 */
export function findNearMisses(settings: readonly PlacedSetting[], sources: Sources): NearMiss[] {
  const known = new Set(settings.flatMap(({ setting }) => [setting.env, ...(setting.fallbacks ?? [])]));
  return [
    ...search(sources.environment, known, slipsInEnvironment),
    ...search(sources['.env'], known, slipsInFile),
  ];
}

function* search(
  variables: Sources['environment'],
  known: ReadonlySet<string>,
  slipsAllowed: (name: string) => number,
): Generator<NearMiss> {
  for (const [variable, value] of Object.entries(variables)) {
    const slips = slipsAllowed(variable);
    if (slips === 0 || known.has(variable) || isOthers.test(variable)) continue;
    const meant = [...known].find((name) => isSlip(name, variable.toUpperCase(), slips));
    if (meant !== undefined) yield { variable, value: value ?? '', meant };
  }
}

/** npm hands its settings down in lower case. */
const isOthers = /^npm_/;

function slipsInEnvironment(name: string): number {
  return name.length >= 12 ? 2 : name.length >= 9 ? 1 : 0;
}

function slipsInFile(name: string): number {
  return name.length >= 9 ? 2 : name.length >= 4 ? 1 : 0;
}

/** Two letters that changed places are one slip, not two. */
function isSlip(meant: string, written: string, slips: number): boolean {
  if (distance(meant, written) <= slips) return true;
  const at = [...meant].findIndex((letter, index) => letter !== written[index]);
  return at >= 0 && meant.slice(0, at) + meant[at + 1] + meant[at] + meant.slice(at + 2) === written;
}
