import { ENDED } from './errors.ts';
import { TEXT_OF } from './ids.ts';
import { CHECK_ACCOUNT } from './people/own-account.ts';

/**
 * The hook by which the bridge chooses the id of a send and calls a send off, as source text for the page. Each
 * `sendMessage` carries in `options.extra.gatehouse`: `attempt` (a name for this very call), `id` (the stanza id to use),
 * `notAfter` (Unix time in ms), `quoted` (a serialized id) and `account` (the account that it is sent from). `errors.ts` and
 * `send/errors.ts` read the errors that begin with `gatehouse:`.
 */

/**
 * A quoted message that does not exist: a page without the hook, which has just been loaded anew, refuses it and
 * sends nothing.
 */
export const UNHOOKED_QUOTE_ID = 'gatehouse_not_steered';

/**
 * For source text that runs in the page: `hasFailed(msg)` says whether the page has given up this own message, and
 * `isRefused(msg)` whether it is also certain that WhatsApp's server does not have it.
 *
 * The page marks a failed send with `isSendFailure` and leaves its ack at 0, also when it loads a message from its database that
 * was at ack 0; a refusal of the server has the ack -1 as well. From ack 1 on `isSendFailure` means that an edit failed. A
 * rejected send (a blocked contact) leaves no trace on the message, so the send hook remembers it.
 * Source: `WAWebMsgGetters` (getIsFailed), `WAWebSendMsgRecordAction`, `WAWebGetMsgUpdatesActionsUtils`,
 * `WAWebSendMessageEditAction` (jigger@0fbd5e1a).
 */
export const FAILURE_OF = `
  const wordFor = (msg) => window.WWebJS?.sendMessage?.ended?.get(msg.id.id);
  const isRefused = (msg) =>
    Boolean(msg.id.fromMe && (msg.ack < 0 || (!(msg.ack > 0) && wordFor(msg)?.result === 'REJECTED')));
  const hasFailed = (msg) =>
    isRefused(msg) || Boolean(msg.id.fromMe && !(msg.ack > 0) && (msg.isSendFailure || wordFor(msg)?.result === 'NOT_SENT'));`;

/**
 * Wraps the functions that every send goes through. The check runs at the last moment, right before WhatsApp adds the
 * message it is refused if it was given up, came too late, is there already, or the page is linked to another account; else it
 * gets the chosen id. The call is
 * known by its own object, handed through in the message, so that no other call can take its id. In a page whose
 * function cannot be replaced, messages get ids of their own, which `message_create` tells, and cannot be called off.
 *
 * The page tells how a send ended by the second promise of the add, and for a retry by `sendMsgRecord`; the library ignores
 * both. A send that did not go well throws `gatehouse: ended:` and a `SendWord` (`errors.ts`) as JSON.
 * Source: `WAWebSendMsgChatAction`, `WAWebSendMsgRecordAction` (jigger@0fbd5e1a).
 */
export const INSTALL_SEND_HOOK = `(() => {
  const send = window.WWebJS.sendMessage;
  if (send.calls) return;
  ${TEXT_OF}
  ${FAILURE_OF}
  ${CHECK_ACCOUNT}
  const { Msg } = window.require('WAWebCollections');
  const MsgKey = window.require('WAWebMsgKey');
  const action = window.require('WAWebSendMsgChatAction');
  const add = action.addAndSendMsgToChat;
  const calls = new Map();
  const canceled = new Set();
  /** By stanza id: the sends that are under way, and how those ended that did not go well. */
  const underWay = new Map();
  const ended = new Map();

  const checkCall = (call) => {
    if (canceled.has(call.attempt) || Date.now() > call.notAfter) throw new Error('gatehouse: too late to send');
    checkAccount(call.account);
  };
  const ownOf = (id) => {
    try {
      return Msg.getModelsArray().find((msg) => msg.id.fromMe && msg.id.id === id);
    } catch {
      // A page whose messages cannot be listed sends all the same: the watchdog finds out, and holds the session.
      return undefined;
    }
  };
  const wordOf = (id, outcome) => {
    const { ack, isSendFailure, errorCode } = ownOf(id) ?? {};
    return { ...outcome, ack, isSendFailure, errorCode };
  };
  const endingOf = (id, promise) => {
    const word = Promise.resolve(promise).then(
      (ending) => wordOf(id, { result: String(ending?.messageSendResult), code: ending?.ackErrorCode }),
      (error) => wordOf(id, { result: 'REJECTED', errorName: String(error?.name), error: String(error?.message ?? error) }),
    );
    underWay.set(id, word);
    ended.delete(id);
    word.then((found) => {
      if (underWay.get(id) === word) underWay.delete(id);
      if (found.result !== 'OK') ended.set(id, found);
      for (const oldest of ended.keys()) if (ended.size > 1000) ended.delete(oldest);
    });
    return word;
  };

  // Since 17 September 2026 the library spreads an \`__x_id\` of a media model over the message, which the page then takes
  // for the id of the message and refuses. Source: wwebjs#201922, wwebjs#201923.
  const hookedAdd = function (chat, { gatehouse: call, __x_id, ...message }) {
    if (!call) return add.call(this, chat, message);
    checkCall(call);
    const { from, to } = message;
    const { participant } = message.id;
    message.id = new MsgKey({ from, to, id: call.id, participant, selfDir: 'out' });
    call.key = textOf(message.id);
    // The page may keep it under the other address of its chat. Source: wwebjs#201839.
    if (Msg.get(call.key) ?? ownOf(call.id)) throw new Error('gatehouse: already there');
    call.stage = 'adding';
    const promises = add.call(this, chat, message);
    promises[0].then((msg) => { call.stage = 'added'; call.msg = msg; }, () => undefined);
    call.word = endingOf(call.id, promises[1]);
    return promises;
  };
  // Only where there is one to replace: else the self-test of the page would take the hook for it.
  if (typeof add === 'function') action.addAndSendMsgToChat = hookedAdd;
  const isAddHooked = action.addAndSendMsgToChat === hookedAdd;
  // Where the add cannot be replaced, hide it on the media model, so that the library does not spread it.
  if (!isAddHooked) {
    const prepareMedia = window.WWebJS.processMediaData;
    window.WWebJS.processMediaData = async (...given) => {
      const media = await prepareMedia(...given);
      if (Object.hasOwn(media, '__x_id')) Object.defineProperty(media, '__x_id', { enumerable: false });
      return media;
    };
  }

  window.WWebJS.sendMessage = async (chat, content, options = {}) => {
    const { gatehouse, ...extra } = options.extraOptions ?? {};
    if (!gatehouse) return send(chat, content, options);
    const isHooked = isAddHooked && !window.require('WAWebChatGetters').getIsNewsletter(chat);
    const call = { ...gatehouse, stage: isHooked ? 'preparing' : 'adding' };
    checkCall(call);
    calls.set(call.attempt, call);
    const extraOptions = isHooked ? { ...extra, gatehouse: call } : extra;
    // With an id of the page's own it is known only by what comes back: that must not wait for WhatsApp's server.
    const waitUntilMsgSent = isHooked && options.waitUntilMsgSent;
    let sent;
    try {
      sent = await send(chat, content, { ...options, waitUntilMsgSent, quotedMessageId: call.quoted, extraOptions });
    } catch (error) {
      if (!isHooked) throw new Error('gatehouse: not steered: ' + (error?.message ?? error));
      // Once it stands in its chat, what is thrown says less than WhatsApp's word and the ack.
      if (call.stage !== 'added') throw error;
    } finally {
      calls.delete(call.attempt);
    }
    if (!call.key) return sent;
    const word = await call.word;
    if (word.result !== 'OK') throw new Error('${ENDED}' + JSON.stringify(word));
    return Msg.get(call.key) ?? ownOf(call.id) ?? call.msg;
  };

  const moduleOf = (name) => {
    try {
      return window.require(name);
    } catch {
      return undefined; // Its chunk has not been loaded, or this page has no such module.
    }
  };
  const hookRecords = () => {
    const record = moduleOf('WAWebSendMsgRecordAction');
    const sendRecord = record?.sendMsgRecord;
    if (typeof sendRecord !== 'function' || sendRecord.isHooked) return;
    const hooked = function (msg, ...given) {
      const sending = sendRecord.call(this, msg, ...given);
      endingOf(msg.id.id, sending);
      return sending;
    };
    record.sendMsgRecord = Object.assign(hooked, { isHooked: true });
  };
  hookRecords();

  const retries = new Map();
  const retry = async (id, msg, resendMsg) => {
    const result = await Promise.resolve(resendMsg(msg)).catch((error) => error);
    const word = await underWay.get(id);
    if (word) return word;
    if (ended.has(id)) return ended.get(id);
    if (msg.ack > 0) return wordOf(id, { result: 'OK' });
    const error = result instanceof Error ? result.message : 'its retry sent nothing';
    const found = wordOf(id, typeof result === 'string' ? { result } : { result: 'NOT_SENT', error });
    if (found.result !== 'OK') ended.set(id, found);
    return found;
  };
  // The page's own button for a failed message. It acts on such messages only: a text is sent again, a medium uploaded
  // again, under the id that it has. Source: \`WAWebResendMsgAction\` (jigger@0fbd5e1a).
  const resend = (msg) => {
    const resendMsg = moduleOf('WAWebResendMsgAction')?.resendMsg;
    if (typeof resendMsg !== 'function') return 'this WhatsApp Web has no retry (WAWebResendMsgAction.resendMsg)';
    if (!(msg.ack < 0 || msg.isSendFailure)) return 'WhatsApp Web does not count it as failed';
    hookRecords();
    const { id } = msg.id;
    ended.delete(id);
    retries.set(id, retry(id, msg, resendMsg).finally(() => retries.delete(id)));
    return null;
  };
  const outcomeOf = async (id) => (await (retries.get(id) ?? underWay.get(id))) ?? ended.get(id) ?? null;

  Object.assign(window.WWebJS.sendMessage, { calls, canceled, ended, resend, outcomeOf });
})()`;

/**
 * Calls off a send by the name of its call, wherever it hangs: `canceled` when it had not come to WhatsApp and now never
 * will; `unknown` when this page does not know it (and will refuse it if it comes); else how far it is: `adding` or
 * `added`.
 */
export function cancelSend(attempt: string): string {
  return `(() => {
    const attempt = ${JSON.stringify(attempt)};
    const { calls, canceled } = window.WWebJS?.sendMessage ?? {};
    if (!calls) return 'unknown';
    canceled.add(attempt);
    const stage = calls.get(attempt)?.stage;
    return stage === 'preparing' ? 'canceled' : (stage ?? 'unknown');
  })()`;
}

/** Awaits how a send, or a retry, of the message with this stanza id ends: a `SendWord`, or null where nothing is known. */
export function outcomeOf(stanzaId: string): string {
  return `(async () => (await window.WWebJS?.sendMessage?.outcomeOf?.(${JSON.stringify(stanzaId)})) ?? null)()`;
}
