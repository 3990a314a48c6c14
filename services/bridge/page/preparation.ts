import { ADDRESSES_OF } from './lookup.ts';

/**
 * How a send is prepared inside WhatsApp Web before its turn, as source text for the page: its chat is opened, its medium
 * uploaded or the preview of its link fetched. The result waits in the page under a name, and the send that comes with
 * this name in `options.extra.prepared` takes it.
 *
 * whatsapp-web.js 1.34.7 does all of this within `sendMessage` (`src/util/Injected/Utils.js`: `processMediaData`,
 * `getLinkPreview`), right before it adds the message. Only functions of the library itself are wrapped: this also works
 * in a page that resists the send hook. It is installed before the send hook, which wraps the `sendMessage` found here.
 */
export const INSTALL_PREPARATION = `(() => {
  const library = window.WWebJS;
  if (library.prepared) return;
  const { sendMessage: send, processMediaData: upload } = library;
  ${ADDRESSES_OF}
  const prepared = new Map();
  const namesOf = (address) => {
    try {
      return addressesOf(address).map(textOf);
    } catch {
      return [address]; // A page that does not know the other address of a person can send all the same.
    }
  };
  const uploaded = new WeakSet();

  const uploadTo = async (chat, media) => {
    const { getIsNewsletter, getIsBroadcast } = window.require('WAWebChatGetters');
    const uploading = upload(media, {
      forceVoice: media.asVoice,
      forceDocument: media.asDocument,
      sendToChannel: getIsNewsletter(chat),
      sendToStatus: getIsBroadcast(chat),
    });
    media.data = ''; // The library has made a file of it, and an upload may take minutes.
    const done = await uploading;
    uploaded.add(done);
    return { media: done };
  };
  const previewOf = async (text) => {
    const link = window.require('WALinkify').findLink(text);
    const found = link && (await window.require('WAWebLinkPreviewChatAction').getLinkPreview(link));
    return found?.data ? { ...found.data, preview: true, subtype: 'url' } : {};
  };

  library.processMediaData = async (media, options) => (uploaded.has(media) ? media : upload(media, options));

  library.sendMessage = async (chat, content, options = {}) => {
    const { prepared: name, ...extraOptions } = options.extraOptions ?? {};
    if (!name) return send(chat, content, options);
    const found = prepared.get(name);
    prepared.delete(name);
    if (!found?.options) throw new Error('gatehouse: not prepared');
    return send(chat, content, { ...options, ...found.options, extraOptions });
  };

  library.prepareSend = async ({ name, address, media, text }) => {
    const entry = {};
    if (name) prepared.set(name, entry);
    try {
      const chat = await library.getChat(address, { getAsModel: false });
      if (!name) return chat ? [...new Set([textOf(chat.id), ...namesOf(address)])] : [address];
      if (chat && media) entry.options = await uploadTo(chat, media);
      else entry.options = chat && text ? await previewOf(text) : {};
    } catch (error) {
      prepared.delete(name);
      throw error;
    }
  };
  library.prepared = prepared;
})()`;

/** Drops the preparation of this name; one that is still under way is dropped when it ends. */
export function dropPrepared(name: string): string {
  return `void window.WWebJS?.prepared?.delete(${JSON.stringify(name)})`;
}

/** Prepares a send, or opens a chat and gives its addresses; see INSTALL_PREPARATION. Runs in the page: puppeteer hands it over as text. */
export function prepareInPage(wanted: object): unknown {
  const library: unknown = Reflect.get(window, 'WWebJS');
  const isThere = typeof library === 'object' && library !== null;
  const prepare: unknown = isThere ? Reflect.get(library, 'prepareSend') : undefined;
  if (typeof prepare !== 'function') throw new Error('gatehouse: not synced');
  return prepare(wanted);
}
