import { randomBytes } from 'node:crypto';
import type { Config } from '#config';
import { mimetypeSchema } from '../../contract/content.ts';
import type { KitError } from '../../contract/errors.ts';
import { MAX_MEDIUM_BYTES } from '../../contract/internal.ts';
import { fieldsError } from '../../runtime/http/request-validation.ts';
import type { Database } from '../store/store.ts';
import { isAllowedType } from './media-name.ts';
import type { MediaRoom } from './media-room.ts';

/** A medium with its bytes. */
export interface Medium {
  readonly mimetype: string;
  readonly filename: string | undefined;
  readonly data: Buffer;
}

/** A medium in the store: what a message says of it. */
export interface StoredMedium {
  readonly media_id: string;
  readonly mimetype: string;
  readonly filename?: string;
}

export type MediaLimits = Pick<Config['outbox'], 'mediaMaxBytes' | 'mediaTypes'>;

/** How long an upload may be sent. The store removes it some time after that. */
const UPLOAD_LIVES_MS = 86_400_000;

/** Throws KitError `media_unusable` or `media_too_large` for what is not sent; `field` is where it came from. */
export function demandUsable({ mimetype, data }: Medium, limits: MediaLimits, field: string): void {
  if (data.length > mostBytes(limits)) throw tooLarge(limits, field);
  if (data.length === 0) throw unusable(field, 'is empty');
  demandAllowedType(mimetype, limits, field);
  const wrong = mimetypeSchema.safeParse(mimetype).error?.issues.map(({ message }) => message);
  if (wrong !== undefined)
    throw unusable(
      field,
      `its media type of ${mimetype.length} characters is not usable: ${wrong.join(', ')}`,
    );
}

export function demandAllowedType(mimetype: string, { mediaTypes }: MediaLimits, field: string): void {
  if (!isAllowedType(mimetype, mediaTypes))
    throw unusable(field, `${mimetype || 'a file of no stated type'} is none of MEDIA_TYPES`);
}

/** The largest medium that is taken: by MEDIA_MAX_BYTES, and never more than the bridge takes. */
export function mostBytes({ mediaMaxBytes }: MediaLimits): number {
  return Math.min(mediaMaxBytes, MAX_MEDIUM_BYTES);
}

export function tooLarge({ mediaMaxBytes }: MediaLimits, field: string): KitError {
  const message =
    mediaMaxBytes <= MAX_MEDIUM_BYTES
      ? `has more than the ${mediaMaxBytes} bytes of MEDIA_MAX_BYTES`
      : `has more than the ${MAX_MEDIUM_BYTES} bytes that the bridge takes`;
  return fieldsError('media_too_large', [{ field, message }]);
}

export function unusable(field: string, message: string): KitError {
  return fieldsError('media_unusable', [{ field, message }]);
}

/** Puts a medium into the store: for a message, or for later (null). Throws KitError `media_store_full`. */
export async function insertMedium(
  db: Database,
  medium: Medium,
  messageId: string | null,
  now: number,
  room: Pick<MediaRoom, 'demand'>,
): Promise<StoredMedium> {
  const { mimetype, filename, data } = medium;
  await room.demand(db, data.length, messageId === null);
  const media_id = newMediaId();
  await db
    .insertInto('media')
    .values({
      id: media_id,
      mimetype,
      filename: filename ?? null,
      bytes: data.length,
      data,
      created_at: now,
      message_id: messageId,
    })
    .execute();
  return { media_id, mimetype, ...(filename === undefined ? {} : { filename }) };
}

/**
 * Gives a message a copy of an upload, which itself may be sent again; `filename` instead of its own. Throws KitError
 * `media_unusable` for one that is not there, and `media_store_full`.
 */
export async function copyUpload(
  db: Database,
  upload: { readonly id: string; readonly filename: string | undefined },
  messageId: string,
  now: number,
  room: Pick<MediaRoom, 'demand'>,
): Promise<StoredMedium> {
  const found = await db
    .selectFrom('media')
    .select(['mimetype', 'filename', 'bytes'])
    .where('id', '=', upload.id)
    .where('message_id', 'is', null)
    .where('created_at', '>', now - UPLOAD_LIVES_MS)
    .executeTakeFirst();
  if (found === undefined) throw unusable('media.upload', 'there is no such upload of the last 24 hours');
  await room.demand(db, found.bytes, false);
  const media_id = newMediaId();
  const filename = upload.filename ?? found.filename;
  await db
    .insertInto('media')
    .columns(['id', 'mimetype', 'filename', 'bytes', 'data', 'created_at', 'message_id'])
    .expression((build) =>
      build
        .selectFrom('media')
        .select(({ val }) => [
          val(media_id).as('id'),
          'mimetype',
          val(filename).as('filename'),
          'bytes',
          'data',
          val(now).as('created_at'),
          val(messageId).as('message_id'),
        ])
        .where('id', '=', upload.id),
    )
    .execute();
  return { media_id, mimetype: found.mimetype, ...(filename === null ? {} : { filename }) };
}

function newMediaId(): string {
  return randomBytes(18).toString('base64url');
}
