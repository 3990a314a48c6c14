import type { Policy } from '../web/policy.ts';

/** The steps from a message's receipt on: which ack, and how long after the server's. */
const STEPS = [
  { ack: 1, after: () => 0 },
  { ack: 2, after: (policy: Policy) => policy.deviceAckMs },
  { ack: 3, after: (policy: Policy) => policy.readAckMs },
  { ack: 4, after: (policy: Policy) => policy.playedAckMs },
] as const;

interface Step {
  readonly ack: number;
  /** By the clock of `performance.now()`. */
  readonly atMs: number;
}

/** Lets acks follow a received message, as the policy of that moment says. */
export class AckSchedule {
  readonly #onAck: (id: string, ack: number) => void;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(onAck: (id: string, ack: number) => void) {
    this.#onAck = onAck;
  }

  /** Schedules the acks above `ack`, the one that the message has. */
  follow(id: string, ack: number, policy: Policy): void {
    if (policy.serverAckMs < 0 && ack < 1) return;
    const fromMs = performance.now() + Math.max(0, policy.serverAckMs);
    const steps = STEPS.filter((step) => step.ack > ack && step.after(policy) >= 0)
      .map((step) => ({ ack: step.ack, atMs: fromMs + step.after(policy) }))
      .sort((one, other) => one.atMs - other.atMs);
    this.#continue(id, steps);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  /**
   * One timer after the other: after a stall, Node runs all due timers of one length before those of another, whichever
   * was due first. A later ack then hid those before it.
   */
  #continue(id: string, [step, ...later]: readonly Step[]): void {
    if (step === undefined) return;
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        this.#onAck(id, step.ack);
        this.#continue(id, later);
      },
      Math.max(0, step.atMs - performance.now()),
    );
    this.#timers.add(timer);
  }
}
