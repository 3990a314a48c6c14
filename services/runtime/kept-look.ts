/** How long an answer of `/health` is kept: health is free of charge, so questions must not become work. */
export const HEALTH_KEPT_MS = 250;

export interface KeepOptions {
  readonly keptMs: number;
  /** What this process knows itself and for nothing: what was found before it changed is not kept. */
  readonly stamp?: () => string;
  readonly now?: () => number;
}

/**
 * Gives what `look` finds, to any number of callers: one look runs at a time, and what it found is kept for `keptMs` from
 * when it began. A look that fails is not kept.
 */
export function keepLook<Found>(
  look: () => Promise<Found>,
  { keptMs, stamp = () => '', now = () => performance.now() }: KeepOptions,
): () => Promise<Found> {
  let kept: Promise<Found> | undefined;
  let beganMs = 0;
  let stamped = '';
  let isUnderWay = false;
  const start = async () => {
    beganMs = now();
    stamped = stamp();
    isUnderWay = true;
    try {
      return await look();
    } catch (error) {
      kept = undefined;
      throw error;
    } finally {
      isUnderWay = false;
    }
  };
  const isStale = () => now() - beganMs >= keptMs || stamp() !== stamped;
  return () => {
    if (kept === undefined || (!isUnderWay && isStale())) kept = start();
    return kept;
  };
}
