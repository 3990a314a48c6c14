import type { DeadLetter } from './dead-letters.ts';
import type { WebhookView } from './registry.ts';
import type { Outcome } from './signed-post.ts';

/** A webhook as clients see it: everything but its secrets. */
export function toWebhookAnswer(webhook: WebhookView): object {
  return {
    id: webhook.id,
    url: webhook.url.href,
    types: webhook.types ?? null,
    status: webhook.status,
    reason: webhook.reason ?? null,
    created_at: toTime(webhook.createdAt),
    cursor: webhook.cursor,
    lag: webhook.lag,
    attempts: webhook.attempts,
    first_tried_at: toTime(webhook.firstTriedAt),
    next_try_at: webhook.attempts === 0 ? null : toTime(webhook.nextTryAt),
    last_error: webhook.lastError ?? null,
    last_delivered_at: toTime(webhook.deliveredAt),
    dead_letters: webhook.deadLetters,
    lost: webhook.lost,
    last_lost_at: toTime(webhook.lostAt),
  };
}

export function toDeadLetterAnswer(letter: DeadLetter): object {
  const payload: unknown = JSON.parse(letter.payload);
  return {
    id: letter.id,
    seq: letter.seq,
    type: letter.type,
    reason: letter.reason,
    attempts: letter.attempts,
    created_at: toTime(letter.createdAt),
    is_redriving: letter.isRedriving,
    payload,
  };
}

/** What the receiver said to a ping. */
export function toPingAnswer(outcome: Outcome): object {
  switch (outcome.kind) {
    case 'delivered':
      return { delivered: true, status: outcome.status, ms: outcome.ms };
    case 'cut':
      return { delivered: false, error: 'the api is restarting: try again' };
    default:
      return { delivered: false, status: outcome.status, ms: outcome.ms, error: outcome.reason };
  }
}

function toTime(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}
