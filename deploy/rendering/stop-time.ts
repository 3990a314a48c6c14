import type { RenderInput } from '../platform.ts';
import { runningServices } from './render-input.ts';

/** What speaks against the time to stop that is declared: a service killed before it has what it needs loses what it keeps. */
export function stopsTooShort({ services, config }: RenderInput): string[] {
  return runningServices({ services, config })
    .filter(({ leastStopMs = 0 }) => leastStopMs > config.stop.drainMs)
    .map(
      ({ name, leastStopMs }) =>
        `DRAIN_MS=${config.stop.drainMs} is less than the ${leastStopMs} ms that ${name} needs to end in order: raise it, and STOP_GRACE_MS with it`,
    );
}

/** The grace in whole seconds, as most platforms want it. */
export function graceSeconds({ config }: Pick<RenderInput, 'config'>): number {
  return Math.ceil(config.stop.graceMs / 1_000);
}
