import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../support/until.ts';
import type { Accounts } from '../accounts/ownership.ts';
import { call, causeOf, fieldOf } from '../call.ts';
import type { Random } from '../random.ts';
import { missedAnswer, type Scenario, type World } from '../scenario.ts';
import { traffic, type Victim } from '../victims.ts';

const A = '15550001111';
const B = '15557770000';
const PATIENCE_MS = 30_000;
const STEP_WITHIN_MS = 120_000;
/** So long a part of a round waits for the writers. */
const ACCEPTED_WITHIN_MS = 8_000;
const ROUND_PARTS = 5;
const MOST_BEFORE_KILL_MS = 60;
const RETRY_MS = 100;
const VICTIMS = ['api', 'bridge', 'browser'] as const;
/** Where kills fall: after the unlink, while the other account waits for a decision, in the decision, after it. */
const PARTS = ['unlinked', 'changed', 'deciding', 'decided'] as const;
type Part = (typeof PARTS)[number];
type End = 'adopt' | 'cancel' | 'returned';

/** What the kit said that decisions did, and the rounds in which the first phone came back. */
interface Done {
  adopted: number;
  canceled: number;
  returned: number;
}

/**
 * Another phone than before scans in mid-traffic. The operator chooses `adopt` or `cancel`, or the first phone scans again
 * before that. The api, the bridge and the browser die meanwhile.
 */
export function relink(): Scenario {
  const done: Done = { adopted: 0, canceled: 0, returned: 0 };
  return {
    patienceMs: PATIENCE_MS,
    firstPhone: A,
    media: 0.2,
    variety: { scheduled: 0.15, acts: 0.3 },
    trouble: async (world) => {
      const rounds = endsOf(world.random);
      const kills = killsIn(world, rounds.length);
      for (const [index, end] of rounds.entries())
        await round(world, end, done, {
          goOn: (part) => goOn(world, (index + part / ROUND_PARTS) / rounds.length),
          killIn: (part) => killAll(world, kills[index]?.get(part) ?? []),
        });
    },
    missed: (world) => [
      ...missedAnswer(world, 'unlinked', '202'),
      ...missedAnswer(world, 'changed', '202'),
      ...(done.adopted > 0 ? [] : ['no message was adopted']),
      ...(done.canceled > 0 ? [] : ['no message was canceled']),
      ...(done.returned > 0 ? [] : ['the first phone never came back']),
      ...missedVictims(world),
    ],
  };
}

interface Round {
  /** The trouble of the round has come to this part of `ROUND_PARTS`: waits until the writers have, too. */
  readonly goOn: (part: number) => Promise<void>;
  readonly killIn: (part: Part) => Promise<void>;
}

async function round(world: World, end: End, done: Done, { goOn, killIn }: Round): Promise<void> {
  const accounts = accountsOf(world);
  const owner = accounts.present;
  const other = owner === A ? B : A;
  await goOn(1);
  await world.during('unlinked', async () => {
    await unlink(world, owner);
    await goOn(2);
    await killIn('unlinked');
  });
  await link(world, other, owner);
  await world.during('changed', async () => {
    await goOn(3);
    await killIn('changed');
    await goOn(4);
  });
  if (end === 'returned') {
    await unlink(world, owner);
    await killIn('deciding');
    await link(world, owner, owner);
    done.returned += 1;
  } else {
    const kills = sleep(world.random.whole(0, MOST_BEFORE_KILL_MS)).then(() => killIn('deciding'));
    done[end === 'adopt' ? 'adopted' : 'canceled'] += await decide(world, end, other);
    await kills;
  }
  await goOn(ROUND_PARTS);
  await traffic(world.fire.dataDir, world.random.whole(1, 3));
  await killIn('decided');
}

/** In the midst of traffic. `owner`: to whom belongs what is accepted while no phone is linked. */
async function unlink(world: World, owner: string): Promise<void> {
  const { fire, diary, random } = world;
  const accounts = accountsOf(world);
  await traffic(fire.dataDir, random.whole(1, 2));
  accounts.mark(accounts.present, owner);
  diary.note(`the phone ${accounts.present} unlinks the kit`);
  await world.phone('unlink', { phone: accounts.present });
}

async function link(world: World, phone: string, owner: string): Promise<void> {
  const { fire, diary } = world;
  const accounts = accountsOf(world);
  accounts.mark(accounts.present, owner, phone);
  await world.phone('scan', { phone, pushname: `owner of ${phone}` });
  accounts.present = phone;
  diary.note(`the phone ${phone} has scanned the code`);
  await until(
    `the kit knows that ${phone} is linked`,
    async () => {
      const { json } = await call(`${fire.origin}/api/whatsapp/account`);
      return fieldOf(fieldOf(json, 'linked'), 'id') === `${phone}@c.us`;
    },
    { withinMs: STEP_WITHIN_MS },
  );
  accounts.mark(phone);
  diary.note(`the kit knows that ${phone} is linked`);
}

/** Asks until the decision is carried out, however often the api dies. Gives how many messages it was about, as far as is known. */
async function decide(world: World, decision: 'adopt' | 'cancel', to: string): Promise<number> {
  const { fire, diary } = world;
  const from = Date.now();
  diary.note(`the operator chooses ${decision} for ${to}`);
  for (const since = performance.now(); performance.now() - since < STEP_WITHIN_MS; await sleep(RETRY_MS)) {
    const url = `${fire.origin}/api/whatsapp/account/${decision}`;
    const { status, json } = await call(url, { body: { linked: to } }).catch((error: unknown) => ({
      status: 0,
      json: causeOf(error),
    }));
    const isDone = status === 200 || fieldOf(json, 'code') === 'account_unchanged';
    diary.note(`${decision}: ${status} ${JSON.stringify(json)}`);
    if (!isDone) continue;
    accountsOf(world).decisions.push({ decision, to, from, until: Date.now() });
    return Number(fieldOf(json, decision === 'adopt' ? 'adopted' : 'canceled') ?? 0);
  }
  throw new Error(`the decision ${decision} for ${to} was never carried out`);
}

/** Lets the writers come so far, and waits for it, not for ever. */
async function goOn({ progress }: World, fraction: number): Promise<void> {
  progress.report('trouble', fraction);
  await progress.reached('writing', fraction, ACCEPTED_WITHIN_MS).catch(() => 'they are slower');
}

/** Each end at least once; the last one leaves nothing that waits for the other phone. */
function endsOf(random: Random): End[] {
  return [...random.shuffled<End>(['adopt', 'cancel', 'returned']), random.pick<End>(['adopt', 'cancel'])];
}

/** By round and part: which victims die there. */
function killsIn({ random, options }: World, rounds: number): Map<Part, Victim[]>[] {
  const places = Array.from({ length: rounds }, () => new Map<Part, Victim[]>());
  const victims: Victim[] = [];
  while (victims.length < options.kills) victims.push(...random.shuffled(VICTIMS));
  for (const victim of victims.slice(0, options.kills)) {
    const place = places[random.whole(0, rounds - 1)];
    const part = random.pick(PARTS);
    place?.set(part, [...(place.get(part) ?? []), victim]);
  }
  return places;
}

async function killAll({ random, kill }: World, victims: readonly Victim[]): Promise<void> {
  for (const victim of victims) {
    await kill(victim);
    await sleep(random.whole(0, 1_000));
  }
}

function missedVictims({ killed, options }: World): string[] {
  const total = [...killed.values()].reduce((sum, times) => sum + times, 0);
  return total < options.kills ? [`only ${total} of ${options.kills} kills hit something`] : [];
}

function accountsOf({ accounts }: World): Accounts {
  if (accounts === undefined) throw new Error('this run has one phone');
  return accounts;
}
