import type { Target } from './target.ts';
import { composeTarget } from './targets/compose.ts';

/** Every place that `make deploy` ships to; the first is the default. */
export const targets: readonly Target[] = [composeTarget];
