import type { RequestHandler } from 'express';
import { z } from 'zod';
import { toChatId } from '../contract/chat-id.ts';
import { parseBy } from '../runtime/json-bodies.ts';
import type { BridgeClient } from './bridge-client.ts';

/** WhatsApp's own limit of a text message. */
const MAX_MESSAGE_CHARACTERS = 65_536;

/** `POST /api/whatsapp/send`. */
const sendSchema = z.strictObject({
  /** A phone number in any common form, or a WhatsApp id. */
  chat_id: z.string().min(1).max(128),
  message: z
    .string()
    .min(1)
    .max(MAX_MESSAGE_CHARACTERS)
    .refine((text) => !text.includes('\0'), 'must not hold a NUL character')
    .refine((text) => text.isWellFormed(), 'must be well-formed Unicode'),
});

/**
 * Sends a message. 200 `sent` when WhatsApp's server has acknowledged it, 202 `queued` when WhatsApp Web has taken it
 * but the acknowledgement has not come within SEND_WAIT_MS.
 */
export function sendMessage(bridge: BridgeClient): RequestHandler {
  return async (request, response) => {
    const { chat_id, message } = parseBy(sendSchema, request.body, 'body_invalid');
    const sent = await bridge.send(toChatId(chat_id), message);
    const isAcknowledged = sent.ack >= 1;
    response.status(isAcknowledged ? 200 : 202).json({
      success: true,
      status: isAcknowledged ? 'sent' : 'queued',
      message_id: sent.messageId,
      chat_id: sent.chatId,
      timestamp: new Date(sent.timestamp * 1000).toISOString(),
      ...(isAcknowledged
        ? {}
        : {
            reason: "WhatsApp Web has taken the message, but WhatsApp's server has not acknowledged it yet",
          }),
    });
  };
}
