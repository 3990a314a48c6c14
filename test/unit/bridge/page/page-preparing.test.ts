import assert from 'node:assert/strict';
import { createContext, runInContext } from 'node:vm';
import { dropPrepared, INSTALL_PREPARATION } from '../../../../services/bridge/page/preparation.ts';
import { cancelSend, INSTALL_SEND_HOOK } from '../../../../services/bridge/page/send-hook.ts';

const ADDRESS = '15552220000@c.us';

/** Of the page: what whatsapp-web.js and WhatsApp bring that the two scripts of the bridge touch. */
const PAGE = `
  const sent = [];
  const hanging = { send: undefined, preview: undefined };
  class MsgKey { constructor(parts) { Object.assign(this, parts); this._serialized = 'true_' + parts.to + '_' + parts.id; } }
  const modules = {
    WAWebCollections: { Msg: { getModelsArray: () => sent, get: (key) => sent.find((message) => message.id._serialized === key) } },
    WAWebMsgKey: MsgKey,
    WAWebChatGetters: { getIsNewsletter: () => false, getIsBroadcast: () => false },
    WALinkify: { findLink: (text) => (text.includes('http') ? { href: text } : undefined) },
    WAWebLinkPreviewChatAction: { getLinkPreview: async ({ href }) => { await hanging.preview; return { data: { title: href } }; } },
    WAWebSendMsgChatAction: {
      addAndSendMsgToChat: (chat, message) => { sent.push(message); return [Promise.resolve(message), Promise.resolve({ messageSendResult: 'OK' })]; },
    },
  };
  var window = {
    require: (name) => modules[name],
    WWebJS: {
      getChat: async (id) => ({ id }),
      processMediaData: async ({ data }) => ({ file: data }),
      async sendMessage(chat, content, options) {
        const media = options.media && (await window.WWebJS.processMediaData(options.media, {}));
        await hanging.send;
        const message = { from: 'me', to: chat.id, id: {}, title: options.title, ...media, ...options.extraOptions };
        await modules.WAWebSendMsgChatAction.addAndSendMsgToChat(chat, message)[0];
        return message;
      },
    },
  };`;

describe('in the page, the preparation of sends', () => {
  let run: (source: string) => unknown;
  beforeEach(() => {
    const context = createContext({});
    run = (source) => runInContext(source, context);
    run(PAGE);
    run(INSTALL_PREPARATION);
    run(INSTALL_SEND_HOOK);
  });

  const prepare = (name: string, what: object) =>
    run(`window.WWebJS.prepareSend(${JSON.stringify({ name, address: ADDRESS, ...what })})`);
  it('opens a chat in a page that does not know the other address of a person', async () => {
    for (const modules of [
      '{}',
      '{ WAWebApiContact: {}, WAWebWidFactory: { createWid: () => ({ isUser: () => true, isLid: () => true }) } }',
    ]) {
      run(`Object.assign(modules, ${modules})`);
      const opened = run(`window.WWebJS.prepareSend({ address: '1@lid' }).then(JSON.stringify)`);
      assert.equal(await Promise.resolve(opened), '["1@lid"]');
    }
  });

  const send = (attempt: string, prepared?: string) =>
    run(
      `window.WWebJS.sendMessage({ id: '${ADDRESS}' }, 'x', ${JSON.stringify({
        extraOptions: { prepared, gatehouse: { attempt, id: attempt, notAfter: Date.now() + 60_000 } },
      })})`,
    );
  const sent = () =>
    JSON.parse(
      String(run('JSON.stringify(sent.map(({ id, file, title }) => ({ id: id.id, file, title })))')),
    );
  /** Promises of the page are of another realm. */
  const failureOf = (outcome: unknown) => Promise.resolve(outcome).then(() => 'none', String);

  it('gives each send what was prepared for it', async () => {
    await Promise.all([
      prepare('1', { media: { data: 'a video' } }),
      prepare('2', { text: 'http://a' }),
      prepare('3', { text: 'no link' }),
    ]);
    for (const name of ['2', '3', '1']) await send(`3EB0${name}`, name);
    await send('3EB04');
    assert.deepEqual(sent(), [
      { id: '3EB02', title: 'http://a' },
      { id: '3EB03' },
      { id: '3EB01', file: 'a video' },
      { id: '3EB04' },
    ]);
    assert.equal(run('window.WWebJS.prepared.size'), 0);
  });

  it('adds nothing for a preparation that it does not hold: of a page before this, dropped, or not done', async () => {
    run('hanging.preview = new Promise((resolve) => { hanging.endPreview = resolve; })');
    await prepare('dropped', { media: { data: 'a video' } });
    run(dropPrepared('dropped'));
    const late = prepare('late', { text: 'http://a' });
    for (const name of ['unknown', 'dropped', 'late'])
      assert.match(await failureOf(send(`3EB0${name}`, name)), /gatehouse: not prepared/);
    run('hanging.endPreview()');
    await late;
    assert.equal(run('window.WWebJS.prepared.size'), 0);
    assert.deepEqual(sent(), []);
  });

  it('never adds a send that was called off before it was added, however late it comes', async () => {
    run('hanging.send = new Promise((resolve) => { hanging.endSend = resolve; })');
    const outcome = failureOf(send('3EB01'));
    assert.equal(run(cancelSend('3EB01')), 'canceled');
    run('hanging.endSend()');
    assert.match(await outcome, /gatehouse: too late to send/);
    assert.deepEqual(sent(), []);
  });

  it('is installed once', () => {
    run(INSTALL_PREPARATION);
    run(INSTALL_SEND_HOOK);
    assert.equal(run('typeof window.WWebJS.sendMessage.calls'), 'object');
  });
});
