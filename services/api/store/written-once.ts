import { CompiledQuery, type RawBuilder, sql } from 'kysely';
import type { Database, DialectName } from './store.ts';

type Values = Readonly<Record<string, string | number>>;
/** Stands for a value in a query that is written once. */
export type Parameter = (name: string) => RawBuilder<unknown>;

interface Written {
  readonly text: string;
  /** Of the values, in the order of the text. */
  readonly names: readonly string[];
}

/**
 * A query whose text is written once for each of its variants: to build a long one costs more than to run it. `build` is
 * given the variant, and names the values.
 */
export class WrittenOnce<Variant extends object, Row> {
  readonly #build: (value: Parameter, variant: Variant, dialect: DialectName) => RawBuilder<Row>;
  readonly #written = new Map<string, Written>();

  constructor(build: (value: Parameter, variant: Variant, dialect: DialectName) => RawBuilder<Row>) {
    this.#build = build;
  }

  async run(db: Database, dialect: DialectName, variant: Variant, values: Values): Promise<readonly Row[]> {
    const { text, names } = this.#textOf(db, dialect, variant);
    const parameters = names.map((name) => values[name]);
    return (await db.executeQuery<Row>(CompiledQuery.raw(text, parameters))).rows;
  }

  #textOf(db: Database, dialect: DialectName, variant: Variant): Written {
    const name = `${dialect} ${JSON.stringify(variant)}`;
    const known = this.#written.get(name);
    if (known !== undefined) return known;
    const built = this.#build((value) => sql`${value}`, variant, dialect).compile(db.withoutPlugins());
    const written = { text: built.sql, names: built.parameters.map(String) };
    this.#written.set(name, written);
    return written;
  }
}
