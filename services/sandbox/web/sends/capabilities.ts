import { isMe } from '../objects/ids.ts';
import type { MsgModel } from '../objects/store.ts';

/** How long WhatsApp lets one's own message be changed, and be deleted for everyone. */
const EDIT_SECONDS = 15 * 60;
const REVOKE_SECONDS = 60 * 3600;

export function mayEdit(msg: MsgModel): boolean {
  return isOwnOf(msg, EDIT_SECONDS) && msg.type === 'chat';
}

export function mayEditCaption(msg: MsgModel): boolean {
  return isOwnOf(msg, EDIT_SECONDS) && msg.caption !== undefined;
}

/** Not in the chat with oneself. Source: `WAWebMsgActionCapability` (jigger@0fbd5e1a). */
export function mayRevoke(msg: MsgModel): boolean {
  return isOwnOf(msg, REVOKE_SECONDS) && msg.type !== 'revoked' && !isMe(msg.id.remote);
}

function isOwnOf(msg: MsgModel, lastSeconds: number): boolean {
  return msg.id.fromMe && msg.ack >= 0 && Date.now() / 1000 - msg.t < lastSeconds;
}
