export const NUMBER = '15552220000@c.us';
export const LID = '99990002225551@lid';
export const ME = '15550001111@c.us';

/** Of the page: what the send hook and the look-ups touch. `next` is how its sends end; `keep` gives the id that it files a message under. */
export const PAGE = `
  const held = [];
  const page = { next: () => Promise.resolve({ messageSendResult: 'OK' }), keep: (id) => id, resends: 0, stored: {} };
  class Wid {
    constructor(text) { this._serialized = text; }
    isUser() { return !this._serialized.endsWith('@g.us'); }
    isLid() { return this._serialized.endsWith('@lid'); }
    toString() { return this._serialized; }
  }
  class MsgKey {
    constructor({ from, to, id }) {
      Object.assign(this, { fromMe: true, remote: to, id });
      this.$1 = ['true', to, id, ...(String(from) === String(to) ? ['out'] : [])].join('_');
    }
    toString() { return this.$1; }
  }
  const wid = (text) => new Wid(text);
  const modules = {
    WAWebCollections: { Msg: {
      getModelsArray: () => held,
      get: (key) => held.find((msg) => String(msg.id) === key),
      getMessagesById: async ([id]) => ({ messages: page.stored[id] ? [page.stored[id]] : [] }),
    } },
    WAWebMsgKey: MsgKey,
    WAWebWidFactory: { createWid: wid },
    WAWebApiContact: {
      getCurrentLid: (of) => (String(of) === '${NUMBER}' ? wid('${LID}') : null),
      getPhoneNumber: (of) => (String(of) === '${LID}' ? wid('${NUMBER}') : null),
    },
    WAWebUserPrefsMeUser: { getMaybeMePnUser: () => wid('${ME}'), getMaybeMeLidUser: () => null },
    WAWebSocketModel: { Socket: { hasSynced: true } },
    WAWebMsgActionCapability: { canEditText: () => true, canSenderRevokeMsg: () => true, canAdminRevokeMsg: () => true },
    WAWebChatGetters: { getIsNewsletter: () => false },
    WAWebSendMsgRecordAction: { sendMsgRecord: () => page.next() },
    WAWebResendMsgAction: {
      async resendMsg(msg) {
        page.resends += 1;
        Object.assign(msg, { ack: 0, isSendFailure: false });
        return page.silent ? undefined : (await modules.WAWebSendMsgRecordAction.sendMsgRecord(msg)).messageSendResult;
      },
    },
    WAWebSendMsgChatAction: {
      addAndSendMsgToChat(chat, message) {
        const msg = { ...message, id: page.keep(message.id), ack: 0, type: 'chat', body: message.body };
        held.push(msg);
        return [Promise.resolve(msg), page.next(msg)];
      },
    },
  };
  var window = {
    require: (name) => modules[name],
    WWebJS: {
      async sendMessage(chat, content, { extraOptions, waitUntilMsgSent }) {
        await page.prepare?.();
        const message = { from: wid('${ME}'), to: chat.id, id: {}, body: content, ...extraOptions };
        const [added, sent] = modules.WAWebSendMsgChatAction.addAndSendMsgToChat(chat, message);
        await added;
        if (waitUntilMsgSent) await sent;
        return modules.WAWebCollections.Msg.get(undefined);
      },
    },
  };`;
