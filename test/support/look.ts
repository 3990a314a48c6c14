/** Between two looks at a condition, at least and at most. */
const LOOK_MS = 20;
const MOST_LOOK_MS = 200;
/** What is not there soon is looked at less often, and seen late by a twentieth, though not by more than this. */
const LATE_LOOK_MS = 100;

/** How long to wait until the next look, after one that began at `lookedMs`, of a wait since `sinceMs` (`performance.now()`). */
export function untilNextLookMs(sinceMs: number, lookedMs: number): number {
  const nowMs = performance.now();
  const lateMs = Math.min(LATE_LOOK_MS, (nowMs - sinceMs) / 20);
  // What is looked at shares the processors with the look: of all processes of the machine, say.
  return Math.min(MOST_LOOK_MS, Math.max(LOOK_MS, lateMs, 3 * (nowMs - lookedMs)));
}
