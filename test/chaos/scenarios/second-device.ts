import { setTimeout as sleep } from 'node:timers/promises';
import { call, fieldOf } from '../call.ts';
import type { Scenario, World } from '../scenario.ts';
import { VICTIMS } from '../victims.ts';
import { killAll, missedKills } from './kills.ts';

const MOST_PAUSE_MS = 1_200;
/** Part of what the other device does: it reads a chat, or WhatsApp tells a message of the kit a second time. */
const READS = 0.25;
const REPEATS = 0.15;
const FEWEST = 5;
const PATIENCE_MS = 30_000;

/** Another device of the account writes into the same chats and reads them, while all parts of the kit are killed. */
export function secondDevice(): Scenario {
  return {
    patienceMs: PATIENCE_MS,
    trouble: async (world) => {
      const over = new AbortController();
      const others = useElsewhere(world, over.signal);
      await killAll(world, VICTIMS, world.options.kills, PATIENCE_MS).finally(() => over.abort());
      await others;
    },
    missed: (world) => [
      ...missedKills(world, VICTIMS, world.options.kills),
      ...(world.elsewhere.length >= FEWEST
        ? []
        : [`the other device wrote only ${world.elsewhere.length} messages`]),
    ],
  };
}

async function useElsewhere(world: World, over: AbortSignal): Promise<void> {
  const { options, random, chats, elsewhere, diary } = world;
  const chance = random.fork('second device');
  for (let index = 0; !over.aborted || index < FEWEST; index += 1) {
    const chat = chats[chance.whole(0, chats.length - 1)] ?? '';
    const how = chance.next();
    if (how < READS) await world.phone('misbehave', { kind: 'readElsewhere', chat_id: chat });
    else if (how < READS + REPEATS) await repeatOneOf(world, chance.next());
    else {
      const key = `3EB0DE${options.seed}.${index}`;
      const body = `message ${index} of another device in run ${options.seed}`;
      await world.phone('misbehave', { kind: 'fromDevice', to: chat, body, key });
      elsewhere.push({ from: 'another device', body, key });
    }
    await sleep(chance.whole(50, MOST_PAUSE_MS));
  }
  diary.note(`the other device wrote ${elsewhere.length} messages`);
}

/** The page hears of a key that it has a second time. */
async function repeatOneOf(world: World, place: number): Promise<void> {
  const { json } = await call(`${world.fire.origin}/sandbox/api/messages`).catch(() => ({ json: [] }));
  const received: unknown[] = Array.isArray(json) ? json : [];
  const message = received[Math.floor(place * received.length)];
  const [, to, key] = String(fieldOf(message, 'id')).split('_');
  if (message === undefined || to === undefined || key === undefined) return;
  const body = String(fieldOf(message, 'body'));
  await world.phone('misbehave', { kind: 'fromDevice', to, body, key });
}
