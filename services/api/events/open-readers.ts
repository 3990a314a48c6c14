import { KitError } from '../../contract/errors.ts';
import { Budget, type Lease } from '../../runtime/budget.ts';
import type { Log } from '../../runtime/log.ts';

/** Streams, WebSockets and pages that wait, which are open at once: each costs up to some hundred KiB. */
const MOST_READERS = 1_000;
/** Of one client: behind a proxy that is not counted in TRUSTED_PROXY_HOPS all clients look like one. */
const MOST_OF_CLIENT = 500;

/** The readers of events that are open. */
export class OpenReaders {
  readonly budget: Budget;

  constructor(log?: Pick<Log, 'warn'>, total = MOST_READERS, share = MOST_OF_CLIENT) {
    this.budget = new Budget({
      resource: 'event_readers',
      total,
      share,
      ...(log === undefined ? {} : { log }),
    });
  }

  /** Throws KitError `readers_busy` when there are too many, of this client or in all. */
  admit(client: string): Lease {
    const lease = this.budget.take(client, 1);
    if (lease !== undefined) return lease;
    const held = this.budget.heldBy(client);
    throw new KitError(
      'readers_busy',
      `too many readers of events are open, ${held} of this client among them`,
    );
  }
}
