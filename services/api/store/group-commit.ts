import type BetterSqlite3 from 'better-sqlite3';

/** Longest that tasks are run before what they did is committed and others get their turn. */
const BATCH_MS = 20;

interface Waiting {
  run(): Promise<void>;
  settle(): void;
  fail(error: unknown): void;
}

/**
 * Group commit on one connection: whatever has come in while a commit was on its way to the disk shares the next one. A
 * task that throws is undone alone; when the commit fails, all of it is undone and every task is told.
 */
export class GroupCommit {
  readonly #connection: BetterSqlite3.Database;
  readonly #checkFile: () => void;
  /** Prepared once: `exec` would compile them for each transaction. */
  readonly #statements: Readonly<
    Record<'begin' | 'commit' | 'rollback' | 'mark' | 'unmark' | 'undo', BetterSqlite3.Statement>
  >;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;

  /** `checkFile` is called before each commit, and throws when what is committed now would be lost. */
  constructor(connection: BetterSqlite3.Database, checkFile: () => void) {
    this.#connection = connection;
    this.#checkFile = checkFile;
    this.#statements = {
      begin: connection.prepare('begin immediate'),
      commit: connection.prepare('commit'),
      rollback: connection.prepare('rollback'),
      mark: connection.prepare('savepoint task'),
      unmark: connection.prepare('release task'),
      undo: connection.prepare('rollback to task'),
    };
  }

  /** Runs the task in a transaction that is on disk when the promise resolves. It awaits nothing but its queries. */
  run<T>(task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      let settle = () => reject(new Error('the task has no result'));
      this.#waiting.push({
        run: async () => {
          const value = await task();
          settle = () => resolve(value);
        },
        settle: () => settle(),
        fail: reject,
      });
      this.#flushing ??= this.#flush();
    });
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    await this.#flushing;
  }

  async #flush(): Promise<void> {
    await nextTurn();
    while (this.#waiting.length > 0) {
      await this.#commitBatch();
      // Requests that came in meanwhile are read now, so that they share the next commit.
      await nextTurn();
    }
    this.#flushing = undefined;
  }

  async #commitBatch(): Promise<void> {
    const batch: Waiting[] = [];
    const done: Waiting[] = [];
    try {
      this.#statements.begin.run();
    } catch (error) {
      for (const task of this.#waiting.splice(0)) task.fail(error);
      return;
    }
    try {
      const isAlone = this.#waiting.length === 1;
      const until = performance.now() + BATCH_MS;
      do {
        const task = this.#waiting.shift();
        if (task === undefined) break;
        batch.push(task);
        if (await (isAlone ? this.#runAlone(task) : this.#runBesideOthers(task))) done.push(task);
      } while (!isAlone && performance.now() < until);
      this.#checkFile();
      this.#statements.commit.run();
    } catch (error) {
      const cause = this.#rollBack(error);
      for (const task of batch) task.fail(cause); // Those that have failed by themselves stay as they are.
      return;
    }
    for (const task of done) task.settle();
  }

  async #runAlone(task: Waiting): Promise<boolean> {
    try {
      await task.run();
      return true;
    } catch (error) {
      await nextTurn();
      throw error;
    }
  }

  /** Gives whether it succeeded; if not, it alone is undone. */
  async #runBesideOthers(task: Waiting): Promise<boolean> {
    this.#statements.mark.run();
    try {
      await task.run();
      this.#statements.unmark.run();
      return true;
    } catch (error) {
      await nextTurn(); // What the task has begun and not awaited belongs to what is undone.
      // A full disk makes SQLite itself roll everything back.
      if (!this.#connection.inTransaction) throw error;
      this.#statements.undo.run();
      this.#statements.unmark.run();
      task.fail(error);
      return false;
    }
  }

  /** Gives what the tasks are told: the worse of the two when even that fails. */
  #rollBack(error: unknown): unknown {
    try {
      if (this.#connection.inTransaction) this.#statements.rollback.run();
      return error;
    } catch (worse) {
      return worse;
    }
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
