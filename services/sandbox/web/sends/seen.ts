import type { ChatModel } from '../objects/store.ts';
import { tell } from '../phone-connection.ts';

/** Marks a chat as read. Each send does, too. Source: `WAWebSendMsgRecordAction` (jigger@0fbd5e1a). */
export async function sendSeen({ chat }: { chat: ChatModel }): Promise<void> {
  if (chat.unreadCount === 0) return;
  chat.set({ unreadCount: 0 });
  tell('seen', { chat_id: chat.id._serialized });
}
