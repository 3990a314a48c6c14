import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../store/tables.ts';
import { parseSecrets, type Secrets } from './secrets.ts';

/** `disabled` is what a receiver brings about that answers 410 Gone; `paused` what its owner wishes. */
export const WEBHOOK_STATUSES = ['active', 'paused', 'disabled'] as const;
export type WebhookStatus = (typeof WEBHOOK_STATUSES)[number];

export interface Webhook {
  readonly id: string;
  readonly url: URL;
  /** Undefined for all. */
  readonly types: readonly string[] | undefined;
  readonly secrets: Secrets;
  readonly status: WebhookStatus;
  readonly reason: string | undefined;
  readonly createdAt: number;
  /** The last event that was delivered, became a dead letter, or was not wanted. */
  readonly cursor: number;
  /** Failed ones, of the event behind the cursor. */
  readonly attempts: number;
  readonly firstTriedAt: number | undefined;
  readonly nextTryAt: number;
  readonly lastError: string | undefined;
  readonly deliveredAt: number | undefined;
  /** Events that were removed before they were delivered. */
  readonly lost: number;
  readonly lostAt: number | undefined;
}

const statusSchema = z.enum(WEBHOOK_STATUSES);
const typesSchema = z.array(z.string()).readonly();

/** A row of the table as a webhook. */
export function toWebhook(row: Selectable<Tables['webhooks']>): Webhook {
  return {
    id: row.id,
    url: new URL(row.url),
    types: row.types === null ? undefined : typesSchema.parse(JSON.parse(row.types)),
    secrets: parseSecrets(row.secrets),
    status: statusSchema.parse(row.status),
    reason: row.reason ?? undefined,
    createdAt: row.created_at,
    cursor: row.cursor,
    attempts: row.attempts,
    firstTriedAt: row.first_tried_at ?? undefined,
    nextTryAt: row.next_try_at,
    lastError: row.last_error ?? undefined,
    deliveredAt: row.delivered_at ?? undefined,
    lost: Number(row.lost),
    lostAt: row.lost_at ?? undefined,
  };
}
