import { type RawBuilder, sql } from 'kysely';
import { type MessageContent, type PreparationKind, preparationOf } from '../../contract/content.ts';
import { type Message, onlyLooksFor } from './message.ts';

/**
 * What a message needs before WhatsApp Web can add it decides in which lane it is sent. Each lane has places of its own,
 * so slow messages, however many, keep none from a message that needs nothing.
 */
export type Lane = PreparationKind;
export type SlowLane = Exclude<Lane, 'none'>;

/** The lane of the next attempt: a look needs nothing, whatever the message is. */
export function laneFor(message: Message, now: number): Lane {
  return onlyLooksFor(message, now) ? 'none' : laneOf(message.content);
}

/** Content that this release cannot read is not sent, and needs nothing. */
export function laneOf(content: MessageContent | undefined): Lane {
  return content === undefined ? 'none' : preparationOf(content);
}

/** Whether a row of `messages` is of a lane: the same as `laneOf` says for its content. */
export const isOfLane: Readonly<Record<SlowLane, RawBuilder<boolean>>> = {
  upload: sql<boolean>`(kind = 'media')`,
  preview: sql<boolean>`(kind = 'text' and coalesce(later_fields, '') not like '%"link_preview":false%' and (lower(content) like '%http://%'
    or lower(content) like '%https://%' or lower(content) like '%www.%'))`,
};

/** The number of each lane in `LANE`. */
export const LANE_NUMBERS: Readonly<Record<Lane, number>> = { none: 0, preview: 1, upload: 2 };

/** The lane of a row of `messages`, as the index of those that may be next has it. */
export const LANE = sql<number>`(case when ${isOfLane.upload} then 2 when ${isOfLane.preview} then 1 else 0 end)`;
