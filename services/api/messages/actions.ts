import type { RequestHandler } from 'express';
import { z } from 'zod';
import { MAX_RECIPIENT_CHARACTERS } from '../../contract/chat-id.ts';
import { emojiSchema, type MessageContent, messageIdSchema, textSchema } from '../../contract/content.ts';
import { KitError } from '../../contract/errors.ts';
import { isFinal, MESSAGE_STATES } from '../../contract/message-states.ts';
import { fieldsError, parseBy } from '../../runtime/http/request-validation.ts';
import { numberOf } from '../account/account-texts.ts';
import { currentAccount, readAccounts } from '../account/linked-account.ts';
import { isAction, toMessage } from '../outbox/message.ts';
import type { Database } from '../store/store.ts';
import { findMessage, unknownMessage } from './find-message.ts';
import { parseWhatsAppId } from './message-id.ts';
import type { Submit } from './submit.ts';

type ActionKind = Extract<MessageContent, { target: string }>['kind'];

const reactionSchema = z.strictObject({ emoji: emojiSchema });
const editSchema = z.strictObject({ message: textSchema });
const nothing = z.strictObject({});

/** `POST /messages/{id}/reaction {"emoji"}`; an empty one takes the reaction back. */
export const reactToMessage = actBy('reaction', (body) => {
  const { emoji } = parseBy(reactionSchema, body, 'body_invalid');
  return (target) => ({ kind: 'reaction', target, emoji });
});

/** `PATCH /messages/{id} {"message"}`: other words, for a message of this account. */
export const editMessage = actBy('edit', (body) => {
  const { message: text } = parseBy(editSchema, body, 'body_invalid');
  return (target) => ({ kind: 'edit', target, text });
});

/** `POST /messages/{id}/revoke`: deletes it for everyone. */
export const revokeMessage = actBy('delete', (body) => {
  parseBy(nothing, body, 'body_invalid');
  return (target) => ({ kind: 'delete', target });
});

/** What is done to a message goes through the outbox, behind that message in the queue of its chat. */
function actBy(
  kind: ActionKind,
  read: (body: unknown) => (target: string) => MessageContent,
): (submit: Submit) => RequestHandler<{ id: string }> {
  return (submit) => (request, response) => {
    const reference = request.params.id;
    const act = read(request.body);
    return submit(request, response, {
      route: `${kind} of a message`,
      meaning: act(reference),
      draft: () => async (db) => {
        const { chatId, target } = await findTarget(db, kind, reference);
        return { chatId, content: act(target) };
      },
    });
  };
}

/** The message that is meant, which need not be of the kit: then all that is known of it is its WhatsApp id. */
async function findTarget(
  db: Database,
  kind: ActionKind,
  reference: string,
): Promise<{ chatId: string; target: string }> {
  const parts = parseWhatsAppId(reference);
  if (kind === 'edit' && parts?.isOwn === false)
    throw fieldsError('body_invalid', [{ field: 'id', message: 'must be of a message of this account' }]);
  const row = await findMessage(db, reference);
  if (row === undefined && parts !== undefined) {
    demandBounds(reference, parts.chatId);
    return { chatId: parts.chatId, target: reference };
  }
  if (row === undefined || isAction(row.kind)) throw unknownMessage(reference);
  const { state, chatId, whatsappId, id, errorCode, account } = toMessage(row);
  const current = currentAccount(await readAccounts(db, row.session));
  if (account !== undefined && current !== '' && account !== current)
    throw new KitError(
      'account_changed',
      `message ${id} is of the account ${numberOf(account)}, and ${numberOf(current)} is linked`,
      { messageId: id },
    );
  // A queued message is sent before its reaction or edit. A scheduled one is not.
  const { editRefusal, revokeRefusal } = MESSAGE_STATES[state];
  const refusal = kind === 'delete' ? revokeRefusal : editRefusal;
  if (refusal !== undefined) {
    const why = errorCode === 'outcome_unknown' ? 'whether it was sent is not known' : 'it was never sent';
    const text = isFinal(state) ? `is ${state}: ${why}` : 'has not been sent yet';
    throw new KitError(refusal, `message ${id} ${text}`, { messageId: id });
  }
  return { chatId, target: whatsappId ?? id };
}

/** The bounds of the bridge. A message that the kit does not know is taken at its word, so its id has to fit. */
function demandBounds(reference: string, chatId: string): void {
  const faults = messageIdSchema.safeParse(reference).error?.issues.map(({ message }) => message) ?? [];
  if (chatId.length > MAX_RECIPIENT_CHARACTERS)
    faults.push(
      `names a chat of ${chatId.length} characters, and at most ${MAX_RECIPIENT_CHARACTERS} are taken`,
    );
  if (faults.length > 0)
    throw fieldsError(
      'body_invalid',
      faults.map((message) => ({ field: 'id', message })),
    );
}
