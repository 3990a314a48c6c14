import { readFileSync } from 'node:fs';
import type { Accounts } from './accounts/ownership.ts';
import { call, fieldOf } from './call.ts';
import type { Diary } from './diary.ts';
import { readLog } from './event-pages.ts';
import { type Facts, type Received, type State, stanzaOf } from './facts.ts';
import type { Follower } from './follower.ts';
import type { KitUnderFire } from './kit-under-fire.ts';
import type { People, Written } from './people.ts';
import type { Receiver } from './receiver.ts';
import { find } from './victims.ts';
import type { Writers } from './writers.ts';

export interface Actors {
  readonly fire: KitUnderFire;
  readonly writers: Writers;
  readonly people: People;
  readonly receiver: Receiver;
  readonly followers: readonly Follower[];
  readonly diary: Diary;
  /** What another device of the account wrote. */
  readonly elsewhere: readonly Written[];
  readonly accounts?: Accounts | undefined;
  /** From the last shot on; what has not arrived by then is lost. */
  readonly settleMs?: number | undefined;
}

const SETTLE_WITHIN_MS = 90_000;
const QUIET_MS = 1_500;
/** What a message that is done with is. `failed`: the server has refused it. The last two are for the verdict. */
const ENDED = ['sent', 'delivered', 'read', 'played', 'failed', 'canceled', 'expired'];

/** Waits until everything has arrived and nothing more happens. What does not come in time is for the verdict to say. */
export async function settle(actors: Actors): Promise<Map<string, State>> {
  const { fire, writers, diary, accounts, settleMs = 0 } = actors;
  const withinMs = Math.max(SETTLE_WITHIN_MS, settleMs);
  const states = new Map<string, State>();
  const wait = (what: string, holds: () => Promise<boolean> | boolean) =>
    fire.kit
      .until(what, holds, withinMs)
      .catch(() => diary.note(`in vain: waited for it to hold that ${what}`));
  await wait('WhatsApp is ready', async () => (await fire.kit.health()).whatsapp_ready === true);
  await wait('every accepted message is sent or has failed', async () => {
    for (const { id } of [...writers.accepted, ...writers.acts]) {
      if (ENDED.includes(states.get(id)?.status ?? '')) continue;
      const { json } = await call(`${fire.origin}/api/whatsapp/messages/${id}`);
      const state = stateIn(json);
      states.set(id, state);
      if (!ENDED.includes(state.status)) return false;
    }
    return true;
  });
  const isDue = ({ phone }: Written) => accounts === undefined || phone === accounts.present;
  await wait('every message to the phone is in the log', async () => {
    const bodies = new Set((await readLog(fire.origin)).map(({ data }) => data.body));
    return [...actors.people.written.filter(isDue), ...actors.elsewhere].every(({ body }) =>
      bodies.has(body),
    );
  });
  let last = 0;
  let since = performance.now();
  await wait('the log has come to rest', async () => {
    const newest = (await readLog(fire.origin, last)).at(-1)?.seq;
    if (newest !== undefined) since = performance.now();
    last = newest ?? last;
    return performance.now() - since > QUIET_MS;
  });
  await wait('every webhook has what is in the log', async () => {
    const log = await readLog(fire.origin);
    return actors.receiver.hooks.every(({ types, arrivals }) => {
      const newest = log.findLast(({ type }) => types?.includes(type) ?? true)?.seq ?? 0;
      return arrivals.some(({ seq, wasTaken }) => wasTaken && seq === newest);
    });
  });
  await wait('every reader has what is in the log', () =>
    actors.followers.every(({ seqs }) => (seqs.at(-1) ?? 0) >= last),
  );
  // A shot at the very end may be noticed only now.
  await wait('one browser runs', () => find('browser', fire).length === 1);
  return states;
}

/** Collects what the verdict needs while the kit still runs. */
export async function collect(
  actors: Actors,
  about: Pick<Facts, 'states' | 'logBefore' | 'resists' | 'passesDuplicates' | 'people' | 'accounts'>,
): Promise<Omit<Facts, 'leftovers'>> {
  const { fire, writers, people, receiver, followers } = actors;
  const { services } = await fire.kit.health();
  // Before the log, which then has at least what they were given.
  const hooks = receiver.hooks.map((hook) => ({ ...hook, arrivals: [...hook.arrivals] }));
  const streams = followers.map(({ name, seqs, connections }) => ({ name, seqs: [...seqs], connections }));
  return {
    ...about,
    accepted: writers.accepted,
    acts: writers.acts,
    refused: writers.refused,
    received: await receivedAtPhone(fire),
    written: people.written,
    unwritten: people.unwritten,
    elsewhere: actors.elsewhere,
    refusedForGood: await refusedForGood(fire),
    retries: retriesIn(readFileSync(actors.diary.kitLog, 'utf8')),
    log: await readLog(fire.origin),
    hooks,
    streams,
    failedServices: Object.entries(services)
      .filter(([, { state }]) => state !== 'ready')
      .map(([name, { state, reason }]) => `${name} is ${state}: ${reason ?? ''}`),
    unaskedEnds: fire.unaskedEnds,
  };
}

async function receivedAtPhone(fire: KitUnderFire): Promise<Received[]> {
  const { json } = await call(`${fire.origin}/sandbox/api/messages?phone=*`);
  if (!Array.isArray(json)) throw new Error(`the phone answered ${JSON.stringify(json)}`);
  return json.map((message: unknown) => {
    const adds = fieldOf(message, 'adds');
    const deliveries = fieldOf(message, 'deliveries');
    const reactions = fieldOf(message, 'reactions');
    return {
      id: String(fieldOf(message, 'id')),
      phone: String(fieldOf(message, 'phone')),
      chat_id: String(fieldOf(message, 'chat_id')),
      body: String(fieldOf(message, 'body')),
      received_at: String(fieldOf(message, 'received_at')),
      adds: typeof adds === 'number' ? adds : undefined,
      deliveries: typeof deliveries === 'number' ? deliveries : undefined,
      reactions:
        typeof reactions === 'object' && reactions !== null ? Object.values(reactions).map(String) : [],
    };
  });
}

async function refusedForGood(fire: KitUnderFire): Promise<string[]> {
  const { json } = await call(`${fire.origin}/sandbox/api/state`);
  const refused = fieldOf(json, 'refused');
  if (!Array.isArray(refused)) throw new Error(`the phone answered ${JSON.stringify(json)}`);
  return refused.map((id: unknown) => stanzaOf(String(id)));
}

function stateIn(record: unknown): State {
  const code = fieldOf(fieldOf(record, 'error'), 'code');
  const attempts = fieldOf(record, 'attempts');
  return {
    status: String(fieldOf(record, 'status')),
    code: typeof code === 'string' ? code : undefined,
    attempts: typeof attempts === 'number' ? attempts : undefined,
    record,
  };
}

/** The log line is that of `services/bridge/send/resender.ts`. */
function retriesIn(log: string): { id: string; at: string }[] {
  const lines = log.matchAll(/"time":"([^"]+)".*message (\w+) had failed; WhatsApp Web tries it again/g);
  return [...lines].map(([, at = '', id = '']) => ({ id, at }));
}
