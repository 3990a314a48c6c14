import {
  exchange,
  type InternalAnswer,
  type Origin,
  SilenceError,
} from '../../runtime/http/internal-call.ts';
import { troubleOf } from '../../runtime/process/machine-trouble.ts';

/** Asks a service on its internal address, over a connection of its own; undefined when nothing came in time. */
export function probe(origin: Origin, path: string, timeoutMs: number): Promise<InternalAnswer | undefined> {
  return exchange({ ...origin, path, agent: false }, timeoutMs).catch(() => undefined);
}

/** The same, where it matters whether the machine let this process ask at all. */
export function ask(
  origin: Origin,
  path: string,
  timeoutMs: number,
): Promise<InternalAnswer | 'not asked' | undefined> {
  return exchange({ ...origin, path, agent: false }, timeoutMs).catch((error: unknown) =>
    troubleOf(error) === undefined ? undefined : 'not asked',
  );
}

/**
 * Whether a service takes a question and says nothing. One that is busy to its limit and turns the question away is
 * alive, and one that is dead is seen by its end.
 */
export function isSilent(origin: Origin, path: string, timeoutMs: number): Promise<boolean> {
  return exchange({ ...origin, path, agent: false }, timeoutMs).then(
    () => false,
    (error: unknown) => error instanceof SilenceError,
  );
}
