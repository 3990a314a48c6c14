import { isScenario, type ScenarioName, scenarios } from './scenarios.ts';

/** How large a run is, and what is done to the kit during it. */
export interface ChaosOptions {
  readonly scenario: ScenarioName;
  readonly seed: number;
  readonly database: Database;
  /** Messages that the writers send, over all chats; each chat has a writer of its own. */
  readonly messages: number;
  readonly chats: number;
  /** Messages that people write to the phone meanwhile. */
  readonly phoneMessages: number;
  /** Of the scenarios that kill all the time; the others have a rhythm of their own. */
  readonly kills: number;
}

export type Database = 'sqlite' | 'postgres';

const FULL = { messages: 500, chats: 20, phoneMessages: 200, kills: 36 };
const SEEDS = 5;

/** The runs that variables ask for: SCENARIO (names, or `all`), SEED, SEEDS, DATABASE, MESSAGES, CHATS, PHONE, KILLS. */
export function readPlan(env: Readonly<Record<string, string | undefined>>): ChaosOptions[] {
  const seed = numberOf(env, 'SEED') ?? Math.floor(Math.random() * 1_000_000);
  const seeds = numberOf(env, 'SEEDS') ?? (env.SEED ? 1 : SEEDS);
  const size = {
    database: databaseOf(env.DATABASE || 'sqlite'),
    messages: numberOf(env, 'MESSAGES') ?? FULL.messages,
    chats: numberOf(env, 'CHATS') ?? FULL.chats,
    phoneMessages: numberOf(env, 'PHONE') ?? FULL.phoneMessages,
    kills: numberOf(env, 'KILLS') ?? FULL.kills,
  };
  return scenariosOf(env.SCENARIO || 'kills').flatMap((scenario) =>
    Array.from({ length: seeds }, (_, index) => ({ scenario, seed: seed + index, ...size })),
  );
}

function scenariosOf(text: string): ScenarioName[] {
  if (text === 'all') return Object.keys(scenarios).filter(isScenario);
  return text.split(',').map((name) => {
    if (isScenario(name)) return name;
    throw new Error(`SCENARIO has ${name}: must be all, or names of ${Object.keys(scenarios).join(', ')}`);
  });
}

function databaseOf(text: string): Database {
  if (text === 'sqlite' || text === 'postgres') return text;
  throw new Error(`DATABASE is ${text}: must be sqlite or postgres`);
}

function numberOf(env: Readonly<Record<string, string | undefined>>, name: string): number | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`${name} is ${JSON.stringify(text)}: must be a whole number`);
}
