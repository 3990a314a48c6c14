import { createHash, randomBytes } from 'node:crypto';
import type { SendBody } from '../../contract/bridge.ts';
import { toChatId } from '../../contract/chat-id.ts';
import type { BridgeContent } from '../../contract/content.ts';

/** One send as it was asked for. */
export interface SendRequest {
  readonly chatId: string;
  readonly content: BridgeContent;
  readonly stanzaId: string;
  /** The caller chose the id, and so may call again with it. */
  readonly isRepeatable: boolean;
  readonly retry: SendBody['retry'];
  /** The id of the account that it belongs to; undefined for any. */
  readonly account: string | undefined;
  /** Aborts what can still be given up for certain: the wait for its turn, and its preparation. */
  readonly callOff: AbortController;
}

/** Throws `recipient_invalid`. */
export function toSendRequest({
  chatId,
  message = '',
  content,
  stanza_id,
  retry,
  account,
}: SendBody): SendRequest {
  return {
    chatId: toChatId(chatId),
    content: content ?? { kind: 'text', text: message },
    stanzaId: stanza_id ?? stanzaIdOf(randomBytes(9)),
    isRepeatable: stanza_id !== undefined,
    retry,
    account,
    callOff: new AbortController(),
  };
}

/** Whether what was done for these accounts may count for this request: not if they are known, and its own is another one. */
export function isOfAccount({ account }: Pick<SendRequest, 'account'>, known: readonly string[]): boolean {
  return account === undefined || known.length === 0 || known.includes(account);
}

export function onlyLooks({ retry }: SendRequest): boolean {
  return retry?.only_look === true;
}

/**
 * The id to send a message under when WhatsApp has refused it under this one. It follows from the id, so that whoever
 * knows the first knows all of them, also after a crash.
 */
export function nextStanzaId(stanzaId: string): string {
  return stanzaIdOf(createHash('sha256').update(stanzaId).digest().subarray(0, 9));
}

function stanzaIdOf(bytes: Buffer): string {
  return `3EB0${bytes.toString('hex').toUpperCase()}`;
}
