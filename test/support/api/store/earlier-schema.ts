import type { DialectName } from '../../../../services/api/store/store.ts';

const HEADS_INDEXES = ['behind', 'next', 'ahead', 'set_aside', 'canceling', 'unresolved_lids'];
const PEOPLE_INDEXES = ['open_by_key', 'by_key', 'without_key', 'unresolved_by_tail'];

/**
 * Takes the tables back to what they were before `2026-12-01-people`. A test that opens an older database applies this
 * first, and deletes the names of the migrations that it takes back.
 */
export function undoPeople(dialect: DialectName): readonly string[] {
  return [
    'drop index media_sizes',
    'alter table webhooks drop column lost',
    'alter table webhooks drop column lost_at',
    ...(dialect === 'postgres'
      ? ['drop function messages_release cascade']
      : ['drop trigger messages_release', 'drop trigger messages_deleted']),
    ...[...HEADS_INDEXES, ...PEOPLE_INDEXES].map((index) => `drop index messages_${index}`),
    'alter table messages drop column behind',
    'drop table people',
    'drop table addresses',
    'alter table messages drop column account',
    'alter table messages drop column chat_key',
    'alter table events drop column account',
    "delete from kysely_migration where name >= '2026-12-01-people'",
  ];
}
