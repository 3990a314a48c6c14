import { toWire } from '../messages.ts';
import { MsgKey } from '../objects/ids.ts';
import type { MsgModel } from '../objects/store.ts';
import { current } from '../settings.ts';
import { mayEdit, mayEditCaption } from './capabilities.ts';
import { changeOwnMessage } from './own-messages.ts';
import { sendStanza } from './stanza-queue.ts';

/**
 * Edits a text: here at once, and at the recipient once there is a connection. A failed edit rejects nothing; the message
 * then counts as failed. Source: `WAWebSendMessageEditAction` (jigger@0fbd5e1a).
 */
export async function sendMessageEdit(msg: MsgModel, body: string): Promise<void> {
  if (!mayEdit(msg) && !mayEditCaption(msg)) throw new Error('Cannot edit message');
  const key = new MsgKey({ id: await MsgKey.newId(), remote: msg.id.remote, fromMe: true });
  msg.set({ body, latestEditMsgKey: key });
  await changeOwnMessage(String(msg.id), { message: toWire(msg) });
  await sendEdit(msg);
}

/** Sends the latest edit of a message. */
export async function sendEdit(msg: MsgModel): Promise<void> {
  const { mode } = current.policy;
  const isFailing = mode === 'fail-network' || mode === 'fail-send';
  const id = String(msg.id);
  if (!isFailing) await sendStanza(id, { what: 'edit', body: { id, body: msg.body ?? '' } });
  msg.set({ isSendFailure: isFailing });
}
