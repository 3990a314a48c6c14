import type { RequestHandler } from 'express';
import type { MessageContent } from '../../contract/content.ts';
import { fieldsError } from '../../runtime/http/request-validation.ts';
import type { BodyMemory } from '../media/body-memory.ts';
import { copyUpload, demandUsable, insertMedium, type Medium, type StoredMedium } from '../media/media.ts';
import { fetchMedium, type MediaFetchOptions } from '../media/media-fetch.ts';
import type { MediaRoom } from '../media/media-room.ts';
import type { Database } from '../store/store.ts';
import { type MediaRequest, parseSendBody } from './send-body.ts';
import type { Submit } from './submit.ts';

export interface SendParts {
  /** The WhatsApp login that sends the messages. */
  readonly session: string;
  readonly media: MediaFetchOptions;
  readonly memory: BodyMemory;
  readonly mediaRoom: MediaRoom;
}

/** `POST /api/whatsapp/send`: a message of any kind to a chat. */
export function sendMessage(
  { session, media, memory, mediaRoom }: SendParts,
  submit: Submit,
): RequestHandler {
  return (request, response) => {
    const { chatId, content, sendAt, expiresAt, meaning } = parseSendBody(request.body, session);
    const source = content.kind === 'media' ? content.source : undefined;
    if (source?.from === 'data') demandUsable(source, media, 'media.data');
    return submit(request, response, {
      route: 'POST /send',
      meaning,
      chatId,
      fetch:
        source?.from === 'url'
          ? (gone) => fetchMedium(media, source, gone, (bytes) => memory.claim(request, response, bytes))
          : undefined,
      draft: (fetched) => async (db, id, now) => ({
        chatId,
        content:
          content.kind === 'media' ? await placeMedium(db, content, fetched, id, now, mediaRoom) : content,
        sendAt,
        expiresAt,
      }),
    });
  };
}

async function placeMedium(
  db: Database,
  { source, about }: MediaRequest,
  fetched: Medium | undefined,
  id: string,
  now: number,
  room: MediaRoom,
): Promise<MessageContent> {
  const stored = await storeMedium(db, source, fetched, id, now, room);
  if (about.as_voice === true && !stored.mimetype.startsWith('audio/'))
    throw fieldsError('body_invalid', [
      { field: 'media.as_voice', message: `is for audio, and this is ${stored.mimetype}` },
    ]);
  return { kind: 'media', ...stored, ...about };
}

function storeMedium(
  db: Database,
  source: MediaRequest['source'],
  fetched: Medium | undefined,
  id: string,
  now: number,
  room: MediaRoom,
): Promise<StoredMedium> {
  if (source.from === 'upload') return copyUpload(db, source, id, now, room);
  if (source.from === 'data') return insertMedium(db, source, id, now, room);
  if (fetched === undefined) throw new Error('the medium was not fetched');
  return insertMedium(db, fetched, id, now, room);
}
