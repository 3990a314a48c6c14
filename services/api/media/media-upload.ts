import type { Request, RequestHandler } from 'express';
import { z } from 'zod';
import { filenameSchema, mimetypeSchema } from '../../contract/content.ts';
import { KitError } from '../../contract/errors.ts';
import { fieldsError, parseBy } from '../../runtime/http/request-validation.ts';
import type { Store } from '../store/store.ts';
import { demandAllowedType, insertMedium, type MediaLimits, mostBytes, tooLarge, unusable } from './media.ts';
import { filenameOf } from './media-name.ts';
import type { MediaRoom } from './media-room.ts';

const querySchema = z.strictObject({ filename: filenameSchema.optional() });
const FIELD = 'body';

/**
 * `POST /api/whatsapp/media`: a file as it is, of the type in `Content-Type`, named by `?filename=` or
 * `Content-Disposition`. For 24 hours it may be sent, as often as wanted, by the id that comes back.
 */
export function takeUpload(store: Store, limits: MediaLimits, room: MediaRoom): RequestHandler {
  return async (request, response) => {
    const { filename } = parseBy(querySchema, request.query, 'query_invalid');
    const name = filename ?? filenameOf(request.get('content-disposition'));
    const mimetype = request.get('content-type') ?? '';
    demandGood(mimetype, name);
    demandAllowedType(mimetype, limits, 'content-type');
    const data = await readBytes(request, limits);
    if (data.length === 0) throw unusable(FIELD, 'is empty');
    const medium = { mimetype, filename: name, data };
    const { media_id: id } = await store.write((db) => insertMedium(db, medium, null, Date.now(), room));
    response
      .status(201)
      .json({ id, bytes: data.length, mimetype, ...(name === undefined ? {} : { filename: name }) });
  };
}

function demandGood(mimetype: string, name: string | undefined): void {
  const faults = [
    { field: 'content-type', error: mimetypeSchema.safeParse(mimetype).error },
    { field: 'content-disposition', error: filenameSchema.optional().safeParse(name).error },
  ].flatMap(({ field, error }) => (error?.issues ?? []).map(({ message }) => ({ field, message })));
  if (faults.length > 0) throw fieldsError('header_invalid', faults);
}

/** All of the body, never more than the limit of it in memory. What is left unread is Node's to throw away. */
function readBytes(request: Request, limits: MediaLimits): Promise<Buffer> {
  const maxBytes = mostBytes(limits);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes)
    return Promise.reject(tooLarge(limits, FIELD));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const stop = () => {
      request.off('data', take);
      chunks.length = 0;
    };
    const take = (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes <= maxBytes) return;
      stop();
      request.resume();
      reject(tooLarge(limits, FIELD));
    };
    request.on('data', take);
    request.once('end', () => resolve(Buffer.concat(chunks, Math.min(bytes, maxBytes))));
    request.once('error', (error) => {
      stop();
      reject(new KitError('request_malformed', 'the body ended before its time', { cause: error }));
    });
  });
}
