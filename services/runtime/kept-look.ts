/** How long an answer of `/health` is kept: health is free of charge, so questions must not become work. */
export const HEALTH_KEPT_MS = 250;

/**
 * Gives what `look` finds, to any number of callers: one look runs at a time, and what it found is kept for `keptMs` from
 * when it began. A look that fails is not kept.
 */
export function keepLook<Found>(
  look: () => Promise<Found>,
  keptMs: number,
  now = () => performance.now(),
): () => Promise<Found> {
  let kept: Promise<Found> | undefined;
  let beganMs = 0;
  let isUnderWay = false;
  const start = async () => {
    beganMs = now();
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
  return () => {
    if (kept === undefined || (!isUnderWay && now() - beganMs >= keptMs)) kept = start();
    return kept;
  };
}
