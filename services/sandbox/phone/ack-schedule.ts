import type { Policy } from '../web/settings.ts';

/** The steps from a message's receipt on: which ack, and how long after the server's. */
const STEPS = [
  { ack: 1, after: () => 0 },
  { ack: 2, after: (policy: Policy) => policy.deviceAckMs },
  { ack: 3, after: (policy: Policy) => policy.readAckMs },
  { ack: 4, after: (policy: Policy) => policy.playedAckMs },
] as const;

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
    for (const step of STEPS) {
      const afterMs = step.after(policy);
      if (step.ack <= ack || afterMs < 0) continue;
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#onAck(id, step.ack);
      }, Math.max(0, policy.serverAckMs) + afterMs);
      this.#timers.add(timer);
    }
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
