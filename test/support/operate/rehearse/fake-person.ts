import type { Person } from '../../../../operate/rehearse/bridge.ts';
import type { Clock } from '../../../../operate/rehearse/context.ts';
import type { FakeBridge } from './fake-bridge.ts';

/** Time that passes only by sleeping. What is due happens meanwhile. */
export class HandClock implements Clock {
  #nowMs = 0;
  /** Called after each sleep. */
  onSleep: (nowMs: number) => void = () => undefined;

  now(): number {
    return this.#nowMs;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    this.#nowMs += ms;
    this.onSleep(this.#nowMs);
    signal.throwIfAborted();
  }
}

/** A person who answers at once. */
export class FakePerson implements Person {
  readonly #bridge: FakeBridge;
  times: number | undefined = 1;
  writesFrom: string | undefined;

  constructor(bridge: FakeBridge) {
    this.#bridge = bridge;
  }

  async timesShown(): Promise<number | undefined> {
    return this.times;
  }

  async openChat(): Promise<void> {
    return;
  }

  async usePasskey(_challenge: Parameters<Person['usePasskey']>[0]): Promise<string | undefined> {
    return undefined;
  }

  async showsCode(_code: string): Promise<boolean> {
    return true;
  }

  async reply(): Promise<boolean> {
    if (this.writesFrom === undefined) return false;
    this.#bridge.receive(this.writesFrom);
    return true;
  }
}
