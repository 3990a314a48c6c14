import { setImmediate as turn } from 'node:timers/promises';

interface Check {
  readonly everyMs: number;
  readonly run: () => void;
}

/**
 * The time of the checks that a gate makes of its open connections (`connection-checks.ts`). A gate counts the checks and
 * not the time between them, so a test that runs the checks itself decides how much time passes, on any machine.
 */
export class HandClock {
  readonly #checks: Check[] = [];

  /** Starts a gate whose checks run only in `pass`. Changes nothing for nginx, which runs in another process. */
  async start<T>(start: () => Promise<T>): Promise<T> {
    const original = globalThis.setInterval;
    Reflect.set(globalThis, 'setInterval', (run: () => void, everyMs: number) => {
      this.#checks.push({ run, everyMs });
      const idle = original(() => undefined, 2 ** 30);
      idle.unref();
      return idle;
    });
    try {
      return await start();
    } finally {
      globalThis.setInterval = original;
    }
  }

  /** Lets so much time pass for the checks. Between two checks, the event loop takes what has arrived. */
  async pass(ms: number): Promise<void> {
    for (const { run, everyMs } of this.#checks)
      for (let passedMs = 0; passedMs < ms; passedMs += everyMs) {
        run();
        await turn();
        await turn();
      }
  }

  /** Lets time pass, step by step, until a condition is true. Fails when `limitMs` have passed before. */
  async passUntil(isTrue: () => boolean, what: string, limitMs: number): Promise<void> {
    const stepMs = Math.min(...this.#checks.map(({ everyMs }) => everyMs));
    for (let passedMs = 0; !isTrue(); passedMs += stepMs) {
      if (passedMs > limitMs) throw new Error(`${limitMs} ms passed without ${what}`);
      await this.pass(stepMs);
    }
  }
}
