import type { Database, Store } from '../../../../services/api/store/store.ts';

/** A row of the smallest table. */
export async function note(db: Database, name: string, value = ''): Promise<void> {
  await db.insertInto('facts').values({ name, value }).execute();
}

/** The names of the rows that tests have written, in order. */
export async function namesIn(store: Store): Promise<string[]> {
  const rows = await store.read((db) => db.selectFrom('facts').select('name').orderBy('name').execute());
  // What the store notes for itself does not count.
  return rows.map(({ name }) => name).filter((name) => name !== 'room' && !name.startsWith('commit:'));
}

/** The code of what the promise rejects with; `ok` when it does not. */
export function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'ok',
    (error: unknown) =>
      error instanceof Error && 'code' in error && typeof error.code === 'string'
        ? error.code
        : String(error),
  );
}
