import { setTimeout as sleep } from 'node:timers/promises';
import { errorText } from '../../contract/errors.ts';
import { WakeSignal } from '../../runtime/wake-signal.ts';
import { createCheckedAgents } from '../outbound/checked-agents.ts';
import type { Resolve } from '../outbound/dns-answer.ts';
import { isStorageError } from '../store/storage-errors.ts';
import { pingFor } from './delivered-event.ts';
import { DeliveryLoop, type DeliveryParts } from './delivery-loop.ts';
import { readActive } from './delivery-state.ts';
import { Lease } from './lease.ts';
import { type Outcome, postEvent } from './signed-post.ts';
import type { Webhook } from './webhook.ts';

export interface DelivererOptions extends Omit<DeliveryParts, 'agents' | 'now'> {
  /** The system's clock unless given. */
  readonly now?: () => number;
  readonly resolve: Resolve;
}

/** Looks at least this often which webhooks there are: another api may have made one. */
const LOOK_MS = 1_000;
/** Below the 5 s after which many a server closes an idle connection: a POST must not meet that. */
const IDLE_MS = 4_000;
/** Of the grace, for writing the cursors. */
const SAVE_MS = 500;

/** Takes the log to every active webhook, each by a loop of its own: none holds up another. */
export class Deliverer {
  readonly #parts: DeliveryParts;
  readonly #lease: Lease;
  readonly #loops = new Map<string, DeliveryLoop>();
  readonly #signal = new WakeSignal();
  readonly #cutPings = new AbortController();
  #hasLease = false;
  #isClosed = false;
  #running: Promise<void> = Promise.resolve();

  constructor({ now = Date.now, resolve, ...parts }: DelivererOptions) {
    const { allowNetworks } = parts.webhooks;
    const agents = createCheckedAgents({ allowNetworks, resolve }, { keepAlive: true, timeout: IDLE_MS });
    this.#parts = { ...parts, agents, now };
    this.#lease = new Lease(parts.store, parts.log, (isHeld) => this.#leased(isHeld));
  }

  start(): void {
    const { events, store } = this.#parts;
    const stopWaking = events.onMore(() => {
      for (const loop of this.#loops.values()) loop.wake();
    });
    const stopTelling = store.onBack(() => this.#signal.set());
    this.#lease.start();
    this.#running = this.#run().finally(() => {
      stopWaking();
      stopTelling();
    });
  }

  /** The row of a webhook, or its dead letters, were written. */
  changed(id: string): void {
    this.#loops.get(id)?.changed();
    this.#signal.set();
  }

  /** How far it is, where that is further than its row says. */
  cursorOf(id: string): number {
    return this.#loops.get(id)?.cursor ?? 0;
  }

  /** Posts a `ping` now, whatever the webhook's status. */
  ping(webhook: Webhook): Promise<Outcome> {
    const { agents, webhooks, now } = this.#parts;
    const { signal } = this.#cutPings;
    const options = { agents, timeoutMs: webhooks.timeoutMs, signal, now };
    return postEvent(webhook, pingFor(webhook.id, now()), options);
  }

  /** Begins nothing new; what is under way has the grace, and the cursors are written. */
  async close(graceMs: number): Promise<void> {
    this.#isClosed = true;
    this.#signal.set();
    const loops = [...this.#loops.values()];
    for (const loop of loops) loop.stop();
    const late = setTimeout(
      () => {
        this.#cutPings.abort();
        for (const loop of loops) loop.cut();
      },
      Math.max(0, graceMs - SAVE_MS),
    );
    const ended = Promise.all([this.#running, ...loops.map((loop) => loop.ended)]);
    // A database that does not answer is not waited for: what was not written is repeated.
    await atMost(
      graceMs + SAVE_MS,
      ended.then(() => this.#lease.close()),
    );
    clearTimeout(late);
    this.#parts.agents.close();
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      try {
        if (this.#hasLease) await this.#look();
      } catch (error) {
        // The store tells and heals its own troubles.
        if (!isStorageError(error))
          this.#parts.log.error({ err: error }, `the webhooks stumbled: ${errorText(error)}`);
      }
      if (!this.#isClosed) await this.#signal.wait(LOOK_MS);
    }
  }

  /** Begins the loops that are missing; those of webhooks that are not active end by themselves. */
  async #look(): Promise<void> {
    const webhooks = await this.#parts.store.read(readActive);
    if (this.#isClosed || !this.#hasLease) return;
    for (const webhook of webhooks) if (!this.#loops.has(webhook.id)) this.#begin(webhook);
  }

  #begin(webhook: Webhook): void {
    const loop = new DeliveryLoop(this.#parts, webhook);
    this.#loops.set(webhook.id, loop);
    void loop.ended.then(() => {
      this.#loops.delete(webhook.id);
      this.#signal.set(); // It may have been resumed meanwhile.
    });
  }

  #leased(isHeld: boolean): void {
    this.#hasLease = isHeld;
    // Another api may be at it already: what is under way here would come twice, or late.
    if (!isHeld) for (const loop of this.#loops.values()) loop.cut();
    this.#signal.set();
  }
}

function atMost(limitMs: number, done: Promise<unknown>): Promise<unknown> {
  return Promise.race([done, sleep(limitMs, undefined, { ref: false })]);
}
