import { sleep } from '../objects/emitter.ts';

const SLICE_MS = 50;

/** Blocks the main thread for so long in all, in slices: every call from Node waits for a gap between two of them. */
export async function keepBusy(ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const sliceEnd = Math.min(end, performance.now() + SLICE_MS);
    while (performance.now() < sliceEnd);
    await sleep(0);
  }
}
