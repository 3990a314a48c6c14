import { sql } from 'kysely';
import type { DialectName, Engine, OpenEngine } from '../../../services/api/store/store.ts';

/** A database that exists, and the engine that still has it open, if any. */
interface Kept {
  readonly open: OpenEngine;
  engine: Engine | undefined;
}

/**
 * Gives each test an empty database, and gives it to the next test once the first has closed it. Its tables stay, and so
 * do its connections: to make them costs more processor time than most tests.
 */
export class DatabasePool {
  readonly #make: () => Promise<OpenEngine>;
  #free: Kept[] = [];
  #lent: Loan[] = [];

  /** `make` gives a database that does not exist yet. */
  constructor(make: () => Promise<OpenEngine>) {
    this.#make = make;
  }

  /**
   * An empty database. The first call of the result may give the engine of an earlier test. A second call closes that
   * engine and opens the database from the disk or the server, as after a restart; no later test gets that database.
   */
  async take(): Promise<OpenEngine> {
    await this.#takeBack();
    const loan = new Loan(this.#free.pop() ?? { open: await this.#make(), engine: undefined });
    this.#lent.push(loan);
    return () => loan.open();
  }

  /** Closes what is open and not lent. Open connections would keep this process alive. */
  async close(): Promise<void> {
    await this.#takeBack();
    for (const kept of this.#free) {
      await kept.engine?.close();
      kept.engine = undefined;
    }
  }

  async #takeBack(): Promise<void> {
    const ended = this.#lent.filter((loan) => loan.isEnded);
    this.#lent = this.#lent.filter((loan) => !loan.isEnded);
    for (const loan of ended) {
      const kept = loan.end();
      if (kept?.engine === undefined) continue;
      await empty(kept.engine);
      this.#free.push(kept);
    }
  }
}

/** One use of a database, by one test. */
class Loan {
  readonly #kept: Kept;
  #lent: LentEngine | undefined;
  #isReopened = false;
  #isOver = false;

  constructor(kept: Kept) {
    this.#kept = kept;
  }

  /** Whether the test has opened and closed the database. */
  get isEnded(): boolean {
    return this.#lent?.isClosed === true;
  }

  async open(): Promise<Engine> {
    if (this.#isOver) throw new Error('this database already belongs to a later test');
    const { open, engine } = this.#kept;
    if (this.#lent !== undefined) {
      this.#isReopened = true;
      await this.#lent.giveUp();
      return open();
    }
    const opened = engine ?? (await open());
    this.#kept.engine = opened;
    this.#lent = new LentEngine(opened);
    return this.#lent;
  }

  /** Gives the database back, unless a test may have changed more of it than its rows. */
  end(): Kept | undefined {
    this.#isOver = true;
    return this.#isReopened || this.#kept.engine?.isBroken ? undefined : this.#kept;
  }
}

/** An engine that stays open when the test closes it. */
class LentEngine implements Engine {
  readonly #engine: Engine;
  readonly #underway = new Set<Promise<unknown>>();
  #state: 'open' | 'closing' | 'closed' = 'open';
  #isGivenUp = false;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  get dialect(): DialectName {
    return this.#engine.dialect;
  }

  get isBroken(): boolean {
    return this.#engine.isBroken;
  }

  write: Engine['write'] = (task) => this.#run(() => this.#engine.write(task));
  read: Engine['read'] = (query) => this.#run(() => this.#engine.read(query));

  vacuum(): Promise<boolean> {
    return this.#run(() => this.#engine.vacuum());
  }

  /** As engines do: what is under way ends first. */
  async close(): Promise<void> {
    this.#state = 'closing';
    await Promise.allSettled(this.#underway);
    if (this.#isGivenUp || this.isBroken) await this.#engine.close();
    this.#state = 'closed';
  }

  /** Closes the engine in earnest, as soon as the test has closed it. */
  async giveUp(): Promise<void> {
    if (this.#isGivenUp) return;
    this.#isGivenUp = true;
    if (this.isClosed && !this.isBroken) await this.#engine.close();
  }

  #run<T>(act: () => Promise<T>): Promise<T> {
    if (this.#state !== 'open') return Promise.reject(new Error('the engine is closed'));
    const running = act();
    this.#underway.add(running);
    const done = () => void this.#underway.delete(running);
    running.then(done, done);
    return running;
  }
}

const TABLES = [
  'messages',
  'idempotency',
  'media',
  'events',
  'contacts',
  'people',
  'addresses',
  'webhooks',
  'dead_letters',
] as const;
/** The markers of the engine that is still open stay. */
const DELETES = [
  ...TABLES.map((table) => `delete from ${table}`),
  `delete from facts where name not like 'commit:%'`,
];
const RESTARTS = [
  ['messages', 'seq'],
  ['events', 'seq'],
  ['dead_letters', 'id'],
  ['people', 'id'],
].map(([table, column]) => `select setval(pg_get_serial_sequence('${table}', '${column}'), 1, false)`);

/** As new: without rows, and with numbers that begin at 1. */
async function empty(engine: Engine): Promise<void> {
  await engine.write(async (db) => {
    if (engine.dialect === 'postgres') {
      await sql.raw([...DELETES, ...RESTARTS].join(';')).execute(db);
      return;
    }
    for (const statement of [...DELETES, 'delete from sqlite_sequence']) await sql.raw(statement).execute(db);
  });
}
