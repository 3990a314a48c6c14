import { connect, type Socket } from 'node:net';
import type { Address } from './options.ts';

/** How often a service that refuses connections is tried again. */
const PROBE_MS = 25;
const PROBE_TIMEOUT_MS = 1_000;

/** So many leave the queue with each probe that succeeds: a service that has just started is not run over. */
const RELEASED_PER_PROBE = 128;

/**
 * The queue of those who wait for a service that refuses connections. However many wait, one probe runs.
 * Nothing has been sent for them, so any method may wait.
 */
export class Hold {
  #address: Address;
  readonly #holdMs: number;
  readonly #waiting = new Set<Waiter>();
  #timer: NodeJS.Timeout | undefined;
  #probe: Socket | undefined;
  #isDown = false;

  constructor(address: Address, holdMs: number) {
    this.#address = address;
    this.#holdMs = holdMs;
  }

  /** The last attempt was refused: do not try, wait. */
  get isDown(): boolean {
    return this.#isDown;
  }

  /** Says that a connection was refused. */
  reportRefused(): void {
    this.#isDown = true;
  }

  /** The service is to be sought elsewhere from now on, by those as well who wait. */
  moveTo(address: Address): void {
    this.#address = address;
    this.#isDown = false;
  }

  /** Calls one of the two, once, unless the returned function is called before. `sinceMs` is when the wait began. */
  wait(sinceMs: number, onReachable: () => void, onExpired: () => void): () => void {
    const waiter: Waiter = { untilMs: sinceMs + this.#holdMs, onReachable, onExpired };
    this.#waiting.add(waiter);
    if (this.#timer === undefined) {
      this.#timer = setInterval(() => this.#tick(), PROBE_MS);
      this.#startProbe();
    }
    return () => {
      if (this.#waiting.delete(waiter)) this.#rest();
    };
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Sends everyone away. */
  close(): void {
    for (const waiter of this.#waiting) waiter.onExpired();
    this.#waiting.clear();
    this.#rest();
  }

  #tick(): void {
    const now = performance.now();
    for (const waiter of this.#waiting) {
      if (waiter.untilMs > now) continue;
      this.#waiting.delete(waiter);
      waiter.onExpired();
    }
    this.#rest();
    if (this.#timer !== undefined) this.#startProbe();
  }

  #startProbe(): void {
    if (this.#probe !== undefined) return;
    const probe = connect(this.#address.port, this.#address.host);
    this.#probe = probe;
    let isReachable = false;
    probe.setTimeout(PROBE_TIMEOUT_MS, () => probe.destroy());
    probe.once('connect', () => {
      isReachable = true;
      probe.destroy();
    });
    probe.once('error', () => probe.destroy());
    probe.once('close', () => {
      this.#probe = undefined;
      this.#isDown = !isReachable;
      if (isReachable) this.#release();
    });
  }

  #release(): void {
    let left = RELEASED_PER_PROBE;
    for (const waiter of this.#waiting) {
      if (left-- === 0) break;
      this.#waiting.delete(waiter);
      waiter.onReachable();
    }
    this.#rest();
  }

  #rest(): void {
    if (this.#waiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

interface Waiter {
  readonly untilMs: number;
  readonly onReachable: () => void;
  readonly onExpired: () => void;
}
