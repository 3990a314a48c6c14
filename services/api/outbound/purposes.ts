import type { LookupFunction } from 'node:net';
import { Budget } from '../../runtime/budget.ts';
import type { Log } from '../../runtime/log.ts';
import { lookupBy } from './checked-agents.ts';
import { domainOf } from './domain-of.ts';
import { NameResolver, type NameSources } from './resolver.ts';
import { SystemLookup } from './system-lookup.ts';

/** Names of one purpose that wait for DNS at once. Each has a socket of its own, for a few seconds at most. */
const NAMES_AT_ONCE = 64;
/** Of media URLs below one registered domain. */
const NAMES_OF_DOMAIN = 8;

export interface OutboundNames {
  readonly media: NameResolver;
  readonly webhooks: NameResolver;
  readonly budgets: readonly Budget[];
  close(): void;
}

/** A resolver for each kind of URL that clients give, each with a limit of its own: none waits for another. */
export function resolversFor(log: Pick<Log, 'warn'>, sources: NameSources = {}): OutboundNames {
  const system = new SystemLookup();
  const total = NAMES_AT_ONCE;
  const mediaNames = new Budget({ resource: 'media_names', total, share: NAMES_OF_DOMAIN, log });
  // A host has one name, so its share says only that no other host pays for it.
  const webhookNames = new Budget({ resource: 'webhook_names', total, share: 1, log });
  const media = new NameResolver({
    ...sources,
    purpose: 'media URLs',
    system,
    limit: { budget: mediaNames, holderOf: domainOf },
  });
  const webhooks = new NameResolver({
    ...sources,
    purpose: 'webhooks',
    system,
    limit: { budget: webhookNames, holderOf: (name) => name },
  });
  return {
    media,
    webhooks,
    budgets: [mediaNames, webhookNames],
    close: () => {
      media.close();
      webhooks.close();
    },
  };
}

/** Looks up the name of the database, which waits for no URL of a client. The operator chose it: any address may be called. */
export function databaseLookup(sources: NameSources = {}): LookupFunction {
  const names = new NameResolver({ ...sources, purpose: 'the database', system: new SystemLookup() });
  return lookupBy(names.resolve, () => true);
}
