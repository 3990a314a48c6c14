import type { Scene } from './scene.ts';

/**
 * When a contract runs: `live` beside the others; `reload` after the page was loaded anew, with `prepare` before that;
 * `alone` when no other runs, as it changes what all see; `last` at the end, as it ends the login.
 */
export type Phase = 'live' | 'reload' | 'alone' | 'last';

/** What a capability promises, in some seconds. Throws where the page or the bridge does otherwise. */
export interface Contract {
  readonly phase: Phase;
  prepare?(scene: Scene): Promise<void>;
  /** Throws EndedOtherwise when its request waits or is refused. */
  run(scene: Scene): Promise<void>;
}

export const live = (run: Contract['run']): Contract => ({ phase: 'live', run });
