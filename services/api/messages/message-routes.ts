import { Router } from 'express';
import { clientOf } from '../../runtime/http/client-of.ts';
import { parseBy } from '../../runtime/http/request-validation.ts';
import { toMessage } from '../outbox/message.ts';
import { askOnce } from '../people/ask-whatsapp.ts';
import { peopleBehind, personBehind } from '../people/recipients.ts';
import { editMessage, reactToMessage, revokeMessage } from './actions.ts';
import { type CancelParts, cancelMessage } from './cancel.ts';
import { findMessage, unknownMessage } from './find-message.ts';
import { readMessages } from './message-page.ts';
import { messageQuerySchema, toCursor } from './message-query.ts';
import { viewMessage } from './message-view.ts';
import { type SendParts, sendMessage } from './send.ts';
import { type SubmitParts, submitTo } from './submit.ts';

/** The outbox, below `/api/whatsapp`: messages are sent, looked at, canceled, and things done to them. */
export function messageRoutes(parts: SubmitParts & SendParts & CancelParts): Router {
  const { store, session, dispatcher } = parts;
  const submit = submitTo(parts);
  const router = Router({ caseSensitive: true });
  router.post('/send', sendMessage(parts, submit));

  router.get('/messages', async (request, response) => {
    const query = parseBy(messageQuerySchema, request.query, 'query_invalid');
    const read = () =>
      store.readInTurn(clientOf(request.headers), async (db, dialect) => {
        const page = await readMessages(db, dialect, session, query);
        return { ...page, people: await peopleBehind(db, page.messages) };
      });
    const first = await read();
    const { chat_id, after } = query;
    const isNobody = chat_id !== undefined && after === undefined && first.messages.length === 0;
    // They may be under another form of the number: WhatsApp is asked once.
    const isNews = isNobody && (await askOnce(parts, chat_id));
    const { messages, people, next } = isNews ? await read() : first;
    response.json({
      messages: messages.map((message) =>
        viewMessage(message, people.get(message.chatKey ?? ''), dispatcher),
      ),
      ...(next === undefined ? {} : { next: toCursor(next) }),
    });
  });

  router.get('/messages/:id', async (request, response) => {
    const { id } = request.params;
    const found = await store.read(async (db) => {
      const row = await findMessage(db, id);
      return row && { row, person: await personBehind(db, row.chat_key) };
    });
    if (found === undefined) throw unknownMessage(id);
    response.json(viewMessage(toMessage(found.row), found.person, dispatcher));
  });

  router.delete('/messages/:id', cancelMessage(parts));
  router.post('/messages/:id/reaction', reactToMessage(submit));
  router.patch('/messages/:id', editMessage(submit));
  router.post('/messages/:id/revoke', revokeMessage(submit));
  return router;
}
