import { exchange, type InternalAnswer, type Origin } from '../runtime/internal-call.ts';

/** Asks a service on its internal address, over a connection of its own; undefined when nothing came in time. */
export function probe(origin: Origin, path: string, timeoutMs: number): Promise<InternalAnswer | undefined> {
  return exchange({ ...origin, path, agent: false }, timeoutMs).catch(() => undefined);
}
