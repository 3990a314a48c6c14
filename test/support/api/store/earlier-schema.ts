/**
 * Takes the tables back to what they were before `2026-12-01-people`. A test that opens an older database applies this
 * first, and deletes the names of the migrations that it takes back.
 */
export const UNDO_PEOPLE: readonly string[] = [
  ...['messages_open_by_key', 'messages_by_key', 'messages_without_key', 'messages_unresolved_by_tail'].map(
    (index) => `drop index ${index}`,
  ),
  'drop table people',
  'drop table addresses',
  'alter table messages drop column account',
  'alter table messages drop column chat_key',
  'alter table events drop column account',
  "delete from kysely_migration where name = '2026-12-01-people'",
];
