import { z } from 'zod';
import { type MessageContent, messageContentSchema } from '../../contract/content.ts';

/**
 * The fields of a content that came after the first release. An earlier release refuses content with a field that it does
 * not know, and then sends no message of any chat. So these fields have a column of their own, which it does not read:
 * after a rollback it sends the message without them (test: stored-content).
 */
export const LATER_FIELDS: readonly string[] = ['link_preview'];

const fieldsSchema = z.record(z.string(), z.unknown());

/** The columns that hold a content. */
export interface StoredContent {
  /** As JSON: what every release can read. */
  readonly content: string;
  /** As JSON: the fields of later releases; null without one. */
  readonly later_fields: string | null;
}

/** Splits a content into its columns. */
export function storeContent(content: MessageContent): StoredContent {
  const entries = Object.entries(content).filter(([, value]) => value !== undefined);
  const isLater = ([name]: [string, unknown]) => LATER_FIELDS.includes(name);
  const later = entries.filter(isLater);
  return {
    content: JSON.stringify(Object.fromEntries(entries.filter((entry) => !isLater(entry)))),
    later_fields: later.length === 0 ? null : JSON.stringify(Object.fromEntries(later)),
  };
}

/** Joins the columns of a content; undefined when this release cannot read it, because another one stored it. */
export function readContent(row: StoredContent): MessageContent | undefined {
  const later = row.later_fields === null ? {} : fieldsSchema.parse(JSON.parse(row.later_fields));
  return messageContentSchema.safeParse({ ...fieldsSchema.parse(JSON.parse(row.content)), ...later }).data;
}
