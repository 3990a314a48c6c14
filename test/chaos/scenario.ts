import type { PostgresServer } from '../support/api/postgres-server.ts';
import type { Accounts } from './accounts/ownership.ts';
import type { Diary } from './diary.ts';
import type { KitUnderFire } from './kit-under-fire.ts';
import type { ChaosOptions, Database } from './options.ts';
import type { People, Written } from './people.ts';
import type { Progress } from './progress.ts';
import type { Random } from './random.ts';
import type { Recipient } from './recipients.ts';
import type { Victim } from './victims.ts';
import type { Writers, WritersOptions } from './writers.ts';

/** What is done to the kit while it is written to. */
export interface Scenario extends Partial<AsyncDisposable> {
  /** Variables for the kit. */
  readonly env?: Readonly<Record<string, string>>;
  /** The page of the sandbox: an edition and switches. The newest when left out. */
  readonly page?: string;
  /** Part of the messages that are media; few when left out. */
  readonly media?: number;
  /** Scheduled messages, reactions and edits; none when left out. */
  readonly variety?: WritersOptions['variety'];
  /** The people who are written to, and who all write. Numbers with one form when left out, of whom some write. */
  readonly recipients?: (count: number) => readonly Recipient[];
  /** The phone that has scanned when the run begins, where another one scans in mid-run: digits. */
  readonly firstPhone?: string;
  /** How long one part of the run waits for another, and how long the kit may need to come to rest. */
  readonly patienceMs?: number;
  /** Where the folder of PostgreSQL is to lie. */
  readonly databaseFolder?: string;
  /** Once the kit is ready, before anything is sent. */
  begin?(world: World): Promise<void>;
  /** While it is written to; reports its progress as `trouble`. */
  trouble(world: World): Promise<void>;
  /** What the run should have seen and has not: then it has proved nothing. */
  missed(world: World): string[];
}

/** Makes a scenario for a data folder in which nothing lies yet. */
export type ScenarioMaker = (dataDir: string, database: Database) => Scenario;

/** A run under way, as the scenarios see it. */
export interface World {
  readonly options: ChaosOptions;
  readonly fire: KitUnderFire;
  /** Of the scenario alone. */
  readonly random: Random;
  readonly progress: Progress;
  readonly diary: Diary;
  readonly writers: Writers;
  readonly people: People;
  /** Which phone is linked, where several scan. */
  readonly accounts: Accounts | undefined;
  /** The chats that are written to. */
  readonly chats: readonly string[];
  /** What the scenario has let another device of the account write. */
  readonly elsewhere: Written[];
  readonly killed: ReadonlyMap<Victim, number>;
  readonly postgres: PostgresServer | undefined;
  /** Gives whether there was something to kill. */
  kill(victim: Victim): Promise<boolean>;
  /** Asks the phone or WhatsApp for something: `POST /sandbox/api/…`, again until it is done. */
  phone(path: string, body?: object): Promise<void>;
  /** Answers to the writers are counted under this name meanwhile. */
  during(situation: string, act: () => Promise<void>): Promise<void>;
}

/** Whether the writers were given this answer in that situation; as what a run has missed. */
export function missedAnswer({ writers }: World, situation: string, answer: string): string[] {
  const answers = writers.answersBySituation.get(situation);
  if ((answers?.get(answer) ?? 0) > 0) return [];
  const given = [...(answers ?? [])].map(([what, count]) => `${what}: ${count}`).join(', ');
  return [`no send was answered by ${answer} while ${situation} (answers: ${given || 'none'})`];
}
