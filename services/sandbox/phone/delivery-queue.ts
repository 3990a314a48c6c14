import type { Page } from './connected-pages.ts';
import type { PhoneMessage } from './journal-records.ts';
import type { PhoneState } from './phone-state.ts';

const BATCH_COUNT = 100;

/** What no page has been told yet: messages, and acks of messages that it has. */
export class DeliveryQueue {
  readonly #waiting = new Set<string>();
  /** By message: the ack that the page showed when it last confirmed one, and the latest change since. */
  readonly #unheard = new Map<string, { shownAck: number; seq: number }>();
  #seq = 0;

  get waitingCount(): number {
    return this.#waiting.size;
  }

  get waitingIds(): readonly string[] {
    return [...this.#waiting];
  }

  wait(id: string): void {
    this.#waiting.add(id);
  }

  /** Those of the ids that were waiting until now. */
  confirm(ids: readonly string[]): string[] {
    return ids.filter((id) => this.#waiting.delete(id));
  }

  /** An ack changed from `formerAck`; gives the number by which the page confirms to have heard of it. */
  noteAck(id: string, formerAck: number): number {
    this.#seq += 1;
    this.#unheard.set(id, { shownAck: this.#unheard.get(id)?.shownAck ?? formerAck, seq: this.#seq });
    return this.#seq;
  }

  heard(seq: number): void {
    for (const [id, change] of this.#unheard) if (change.seq <= seq) this.#unheard.delete(id);
  }

  shownAck(message: PhoneMessage): number {
    return this.#unheard.get(message.id)?.shownAck ?? message.ack;
  }

  /** Tells a page all of it. It goes on waiting until the page confirms it. */
  flush(page: Page, state: PhoneState): void {
    const items = [...this.#unheard.keys()].map((id) => [id, state.messages.get(id)?.ack ?? 0]);
    if (items.length > 0) page.push({ cmd: 'acks', items, seq: this.#seq });
    const ids = [...this.#waiting];
    for (let start = 0; start < ids.length; start += BATCH_COUNT)
      page.push({ cmd: 'incoming', messages: state.find(ids.slice(start, start + BATCH_COUNT)) });
  }
}
