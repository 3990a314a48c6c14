import { toWire } from '../messages.ts';
import { uploadAgain } from '../modules/media.ts';
import { ensureChat, type MsgModel, messageActions } from '../objects/store.ts';
import { mayEdit } from './capabilities.ts';
import { sendEdit } from './edit-message.ts';
import { changeOwnMessage } from './own-messages.ts';
import { changeState, recordAction, resendMsgToChat } from './send-message.ts';

const MEDIA_TYPES = ['image', 'video', 'audio', 'ptt', 'document', 'sticker'];

/** Source: `WAWebMsgGetters` (jigger@0fbd5e1a). */
export function getIsFailed(msg: MsgModel): boolean {
  return (msg.id.fromMe && msg.ack < 0) || msg.isSendFailure === true;
}

/**
 * The page's own retry: sends a failed message again under its own id, and does nothing for any other. For an edited one
 * it sends the latest edit only, so one that never arrived does not arrive. Source: `WAWebResendMsgAction`,
 * `WAWebSendMessageEditAction.resendLatestEdit` (jigger@0fbd5e1a).
 */
export async function resendMsg(msg: MsgModel): Promise<string | undefined> {
  if (!getIsFailed(msg)) return undefined;
  if (msg.latestEditMsgKey !== undefined) {
    if (mayEdit(msg)) await sendEdit(msg);
    return undefined;
  }
  await changeState(msg, { ack: 0, isSendFailure: false });
  if (MEDIA_TYPES.includes(msg.type)) return msg.resumeUpload();
  return (await recordAction.sendMsgRecord(msg)).messageSendResult;
}

/** Uploads a medium again and sends its message. Source: `WAWebMediaResumeUploadMsg` (jigger@0fbd5e1a). */
messageActions.resumeUpload = async (msg) => {
  msg.set({ ack: 0 });
  const uploaded = uploadAgain(msg.get('directPath')).then(async (media) => {
    msg.set(media);
    await changeOwnMessage(String(msg.id), { message: toWire(msg) });
    return msg;
  });
  try {
    return (await resendMsgToChat(ensureChat(msg.id.remote), uploaded)).messageSendResult;
  } catch (error) {
    console.warn(`the medium of ${msg.id} was not sent again: ${error}`);
    msg.set({ ack: -1 });
    return undefined;
  }
};
