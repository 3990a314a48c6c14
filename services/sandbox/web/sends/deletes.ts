import { sleep } from '../objects/emitter.ts';
import { ChatModel, Msg, MsgModel } from '../objects/store.ts';
import { Cmd } from '../socket.ts';
import { isRecord, listOf } from '../wire.ts';
import { mayRevoke } from './capabilities.ts';
import { removeOwnMessage } from './own-messages.ts';
import { sendStanza } from './stanza-queue.ts';

/** How long the page takes to react to its own event. */
const REACTION_MS = 20;
/** So long the user may undo a deletion. Source: `WAWebActionListenerHelpers` (jigger@0fbd5e1a). */
const UNDO_MS = 4_000;

/** Does what the events of `Cmd` ask for. Source: `WAWebCmd`, `WAWebActionListener` (jigger@0fbd5e1a). */
export function listenForDeletes(): void {
  Cmd.on('send_revoke_msgs', (_chat, record) => logFailure('revoke', revoke(messagesIn(record))));
  Cmd.on('send_delete_msgs', (chat, record) => logFailure('delete', deleteHere(chat, messagesIn(record))));
}

/** A message is `revoked` once the server has the stanza. Source: `WAWebRevokeMsgAction` (jigger@0fbd5e1a). */
async function revoke(messages: readonly MsgModel[]): Promise<void> {
  if (!messages.every(mayRevoke)) throw new Error('a message cannot be deleted for everyone');
  await sleep(REACTION_MS);
  for (const msg of messages) {
    const id = String(msg.id);
    await sendStanza(id, { what: 'revoke', body: { id } });
    msg.set({ type: 'revoked', body: undefined });
  }
}

async function deleteHere(chat: unknown, messages: readonly MsgModel[]): Promise<void> {
  await sleep(UNDO_MS);
  for (const { id } of messages) {
    if (chat instanceof ChatModel) chat.msgs.remove(id);
    Msg.remove(id);
    await removeOwnMessage(String(id));
  }
}

function messagesIn(record: unknown): MsgModel[] {
  return listOf(isRecord(record) ? record.list : record).filter((msg) => msg instanceof MsgModel);
}

function logFailure(what: string, done: Promise<void>): void {
  done.catch((error) => console.warn(`could not ${what}: ${error}`));
}
