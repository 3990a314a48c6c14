import { TEXT_OF } from './ids.ts';

/**
 * The hook by which the bridge chooses the id of a send and calls a send off, as source text for the page. Each
 * `sendMessage` carries in `options.extra.gatehouse`: `attempt` (a name for this very call), `id` (the stanza id to use),
 * `notAfter` (Unix time in ms) and `quoted` (a serialized id). `send/errors.ts` reads the errors that begin with
 * `gatehouse:`.
 */

/**
 * A quoted message that does not exist: a page without the hook, which has just been loaded anew, refuses it and
 * sends nothing.
 */
export const UNHOOKED_QUOTE_ID = 'gatehouse_not_steered';

/**
 * Wraps the two functions that every send goes through. The last moment counts: right before WhatsApp is told to add the
 * message it is refused if it was given up, came too late, or is there already; else it gets the chosen id. The call is
 * known by its own object, handed through in the message, so that no other call can take its id. In a page whose
 * function cannot be replaced, messages get ids of their own, which `message_create` tells, and cannot be called off.
 *
 * WhatsApp's own word on the send, which the library ignores, is looked at for the restriction of first contacts. Its
 * form in the real page is unknown: anything that names 463, a reach-out or a time-lock is taken for it.
 */
export const INSTALL_SEND_HOOK = `(() => {
  const send = window.WWebJS.sendMessage;
  if (send.calls) return;
  ${TEXT_OF}
  const { Msg } = window.require('WAWebCollections');
  const MsgKey = window.require('WAWebMsgKey');
  const action = window.require('WAWebSendMsgChatAction');
  const add = action.addAndSendMsgToChat;
  const calls = new Map();
  const canceled = new Set();
  const RESTRICTED = /\\b463\\b|reach[-_ ]?out|time[-_ ]?lock/i;

  const checkTime = (call) => {
    if (canceled.has(call.attempt) || Date.now() > call.notAfter) throw new Error('gatehouse: too late to send');
  };
  const wordOf = (result) => {
    try {
      return (result instanceof Error ? result.message : JSON.stringify(result)).slice(0, 500);
    } catch {
      return String(result);
    }
  };

  // Since 17 September 2026 the library spreads an \`__x_id\` of a media model over the message, which the page then takes
  // for the id of the message and refuses. Source: wwebjs#201922, wwebjs#201923.
  const hookedAdd = function (chat, { gatehouse: call, __x_id, ...message }) {
    if (!call) return add.call(this, chat, message);
    checkTime(call);
    const { from, to } = message;
    const { participant } = message.id;
    message.id = new MsgKey({ from, to, id: call.id, participant, selfDir: 'out' });
    call.key = textOf(message.id);
    if (Msg.get(call.key)) throw new Error('gatehouse: already there');
    call.stage = 'adding';
    const promises = add.call(this, chat, message);
    promises[0].then(() => { call.stage = 'added'; }, () => undefined);
    call.word = Promise.resolve(promises[1]).then(wordOf, wordOf);
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
    checkTime(call);
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
    const word = await call.word;
    if (word && RESTRICTED.test(word)) throw new Error('gatehouse: restricted: ' + word);
    return call.key ? Msg.get(call.key) : sent;
  };
  Object.assign(window.WWebJS.sendMessage, { calls, canceled });
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
