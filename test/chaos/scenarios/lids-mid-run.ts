import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../support/until.ts';
import { fieldOf } from '../call.ts';
import { readLog } from '../event-pages.ts';
import { peopleUnderManyForms } from '../recipients.ts';
import type { Scenario, World } from '../scenario.ts';
import { VICTIMS } from '../victims.ts';
import { killAll, missedKills } from './kills.ts';

const PATIENCE_MS = 30_000;
const UNLINKED_MS = 1_500;

/**
 * An account whose chats are known by LIDs, of which the kit learns the numbers in mid-run. Each person is written to under
 * numbers, aliases and the LID. Half of them have written first, under a LID whose number WhatsApp hides. With the kills,
 * one number after the other is shown; once the same phone links the kit again, and chats move from numbers to LIDs.
 */
export function lidsMidRun(): Scenario {
  /** Of messages that came in while nobody knew whose LID it was. */
  let unknown = 0;
  return {
    page: '2026-09,lidChats',
    patienceMs: PATIENCE_MS,
    recipients: peopleUnderManyForms,
    begin: async (world) => {
      await setRules(world, rulesAfter(world, 0));
      for (const [index, from] of hiddenIn(world).entries()) {
        const message = { from, body: `first words of person ${index}`, key: `first.${index}` };
        await world.phone('incoming', message);
        world.people.written.push(message);
      }
      await until('the kit has heard of them', async () => {
        const bodies = new Set((await readLog(world.fire.origin)).map(({ data }) => data.body));
        return world.people.written.every(({ body }) => bodies.has(body));
      });
    },
    trouble: async (world) => {
      const { options } = world;
      let count = 0;
      await killAll(
        {
          ...world,
          kill: async (victim) => {
            const hasHit = await world.kill(victim);
            if (hasHit) count += 1;
            if (hasHit && count === Math.ceil(options.kills / 2)) await linkAgain(world);
            // The supervisor takes the sandbox with it, and what it was told.
            await setRules(world, rulesAfter(world, count));
            return hasHit;
          },
        },
        VICTIMS,
        options.kills,
        PATIENCE_MS,
      );
      unknown = (await readLog(world.fire.origin)).filter(isOfUnknown).length;
    },
    missed: (world) => [
      ...missedKills(world, VICTIMS, world.options.kills),
      ...(unknown > 0 ? [] : ['the kit knew the number of everybody who wrote']),
      ...['@lid', '@c.us', '+'].flatMap((part) =>
        world.writers.accepted.some(({ asked }) => asked?.includes(part))
          ? []
          : [`nothing was written to a form with ${part}`],
      ),
    ],
  };
}

interface Rules {
  readonly hiddenNumbers: readonly string[];
  readonly numberChats: readonly string[];
}

/** Those whose numbers are hidden at the beginning. */
function hiddenIn({ chats }: World): string[] {
  return chats.filter((_, index) => index % 2 === 0);
}

/** One number more is shown after each kill. From the middle on, no chat is under a number any more. */
function rulesAfter(world: World, kills: number): Rules {
  const hidden = hiddenIn(world).map(numberOf);
  const shown = Math.floor((kills / world.options.kills) * (hidden.length + 1));
  return {
    hiddenNumbers: hidden.slice(shown),
    numberChats: kills < Math.ceil(world.options.kills / 2) ? world.chats.slice(1, 2).map(numberOf) : [],
  };
}

async function setRules({ phone, diary }: World, { hiddenNumbers, numberChats }: Rules): Promise<void> {
  await phone('misbehave', { kind: 'policy', hiddenNumbers });
  await phone('misbehave', { kind: 'settings', numberChats });
  diary.note(
    `hidden: ${hiddenNumbers.join(', ') || 'none'}; under numbers: ${numberChats.join(', ') || 'none'}`,
  );
}

/** The same phone removes the kit and scans again: the new login knows no pairs yet. */
async function linkAgain({ phone, diary }: World): Promise<void> {
  diary.note('the phone unlinks the kit');
  await phone('unlink');
  await phone('misbehave', { kind: 'settings', numberChats: [] });
  await sleep(UNLINKED_MS);
  await phone('scan');
  diary.note('the phone has scanned the code');
}

function isOfUnknown({ type, data }: { type: string; data: Record<string, unknown> }): boolean {
  const person = fieldOf(data, 'person');
  return (
    type === 'message' &&
    fieldOf(person, 'lid') !== undefined &&
    fieldOf(person, 'phone_number') === undefined
  );
}

function numberOf(chatId: string): string {
  return chatId.replace('@c.us', '');
}
