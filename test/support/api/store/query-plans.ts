import { type CompiledQuery, type KyselyPlugin, CompiledQuery as Query, sql } from 'kysely';
import { z } from 'zod';
import type { Database, DialectName, Engine, OpenEngine } from '../../../../services/api/store/store.ts';

const sqlitePlan = z.array(z.object({ detail: z.string() }));
const planNode = z.looseObject({
  'Relation Name': z.string().optional(),
  'Actual Rows': z.number(),
  'Actual Loops': z.number(),
  'Rows Removed by Filter': z.number().default(0),
  'Rows Removed by Index Recheck': z.number().default(0),
  get Plans(): z.ZodOptional<z.ZodArray<typeof planNode>> {
    return z.array(planNode).optional();
  },
});
const postgresPlan = z.tuple([z.object({ 'QUERY PLAN': z.array(z.object({ Plan: planNode })) })]);
type PlanNode = z.infer<typeof planNode>;

/** What PostgreSQL takes a seek to cost, in pages read in order: 4 unless set. The more, the sooner it reads a whole table. */
const SEEK_COSTS = ['1.1', '4', '12'];

type Statistics = readonly [which: string, make: (db: Database) => Promise<unknown>];

/** What PostgreSQL believes of a table, each made after the one before. SQLite needs no statistics. */
export function statisticsOf(dialect: DialectName, table: string): readonly Statistics[] {
  if (dialect === 'sqlite') return [['no statistics', async () => undefined]];
  const forget = (db: Database) =>
    sql`delete from pg_statistic where starelid = ${table}::regclass`.execute(db);
  const believe = (rows: number, pages: number) => (db: Database) =>
    sql`update pg_class set reltuples = ${rows}, relpages = ${pages} where oid = ${table}::regclass`.execute(
      db,
    );
  return [
    ['statistics of another time', async () => undefined],
    ['no statistics', forget],
    ['a size from a time when most rows had been deleted', believe(200, 5_000)],
    ['a size from a time when rows were short', believe(100_000, 100)],
    ['new statistics', (db) => sql`analyze ${sql.table(table)}`.execute(db)],
  ];
}

/** Notes the queries that a database reads with, and explains them. */
export class QueryPlans {
  #queries: CompiledQuery[] = [];

  /** Opens the database so that its reads are noted. */
  noting(open: OpenEngine): OpenEngine {
    return async (): Promise<Engine> => {
      const engine = await open();
      const read = engine.read.bind(engine);
      engine.read = (query) => read((db) => query(this.#watch(db)));
      return engine;
    };
  }

  /** Forgets the queries so far. */
  clear(): void {
    this.#queries = [];
  }

  /** How SQLite carries out each query since `clear`: the lines of its plan that name the table. */
  async linesOf(db: Database, table: string): Promise<string[]> {
    const lines: string[] = [];
    for (const { sql: text, parameters } of this.#queries) {
      const { rows } = await db.executeQuery(Query.raw(`explain query plan ${text}`, [...parameters]));
      lines.push(...sqlitePlan.parse(rows).map(({ detail }) => detail));
    }
    return lines.filter((line) => new RegExp(`\\b${table}\\b`).test(line));
  }

  /**
   * How many rows of the table PostgreSQL visits for the queries since `clear`, those included that a filter removes: the
   * most at any cost of a seek. `db` is a transaction.
   */
  async rowsOf(db: Database, table: string): Promise<number> {
    const counts: number[] = [];
    for (const cost of SEEK_COSTS) {
      await sql`select set_config('random_page_cost', ${cost}, true)`.execute(db);
      counts.push(await this.#rowsOf(db, table));
    }
    return Math.max(...counts);
  }

  async #rowsOf(db: Database, table: string): Promise<number> {
    let rows = 0;
    for (const { sql: text, parameters } of this.#queries) {
      const explain = Query.raw(`explain (analyze, format json) ${text}`, [...parameters]);
      const [{ 'QUERY PLAN': plans }] = postgresPlan.parse((await db.executeQuery(explain)).rows);
      for (const { Plan } of plans) rows += visited(Plan, table);
    }
    return rows;
  }

  #watch(db: Database): Database {
    const plugin: KyselyPlugin = {
      transformQuery: ({ node, queryId }) => {
        this.#queries.push(db.getExecutor().compileQuery(node, queryId));
        return node;
      },
      transformResult: async ({ result }) => result,
    };
    const watched = db.withPlugin(plugin);
    // A query that is written as text passes no plugin.
    const execute = watched.executeQuery.bind(watched);
    watched.executeQuery = (query, options) => {
      if ('sql' in query) this.#queries.push(query);
      return execute(query, options);
    };
    return watched;
  }
}

function visited(node: PlanNode, table: string): number {
  const own =
    node['Relation Name'] === table
      ? (node['Actual Rows'] + node['Rows Removed by Filter'] + node['Rows Removed by Index Recheck']) *
        node['Actual Loops']
      : 0;
  return (node.Plans ?? []).reduce((sum, child) => sum + visited(child, table), own);
}
