// Source texts for the page, for what the bridge has no call for. They give forms and never contents.

const FIND = `
  const { Msg } = window.require('WAWebCollections');
  const isIt = (key) => key?.fromMe === true && key.id === wanted;
  const msg = Msg.getModelsArray().find((one) => isIt(one.id) || isIt(one.protocolMessageKey));`;

/** Evaluates to a `PageLook` of `bridge.ts`, or null. */
export function lookAt(stanzaId: string): string {
  return `(() => {
    const wanted = ${JSON.stringify(stanzaId)};
    ${FIND}
    if (!msg) return null;
    const shapeOf = (value) => {
      if (value === null) return 'null';
      if (typeof value === 'string') return 'text of ' + value.length;
      if (Array.isArray(value)) return 'list of ' + value.length;
      return typeof value === 'object' ? 'object with ' + Object.keys(value).sort().slice(0, 12).join(' ') : typeof value;
    };
    const { id } = msg;
    const text = String(id);
    return {
      ack: msg.ack ?? -9,
      type: String(msg.type),
      isSendFailure: msg.isSendFailure === true,
      key: Object.fromEntries(Object.keys(id).map((name) => [name, shapeOf(id[name])])),
      endsInOut: text.endsWith('_out'),
      server: String(id.remote?.server),
      hasAlias: Object.hasOwn(Object.getPrototypeOf(id), '_serialized'),
      isFoundByText: Msg.get(text) === msg,
    };
  })()`;
}

/** Waits for the page to add this message, which is when the library says `message_create`. */
export function announcementOf(stanzaId: string, withinMs: number): string {
  return `new Promise((resolve) => {
    const { Msg } = window.require('WAWebCollections');
    Msg.on('add', (msg) => {
      if (msg?.id?.id === ${JSON.stringify(stanzaId)}) resolve(true);
    });
    setTimeout(() => resolve(false), ${withinMs});
  })`;
}

/** Evaluates to the number of reactions, or null. Source: `getReactions` of whatsapp-web.js 1.34.7. */
export function reactionsOf(stanzaId: string): string {
  return `(async () => {
    const wanted = ${JSON.stringify(stanzaId)};
    ${FIND}
    const { Reactions } = window.require('WAWebCollections');
    if (!msg || typeof Reactions?.find !== 'function') return null;
    const late = new Promise((resolve) => setTimeout(() => resolve(null), 5000));
    const found = Reactions.find(String(msg.id)).then((one) => one?.reactions?.length ?? 0, () => null);
    return Promise.race([found, late]);
  })()`;
}

/**
 * Presses the button for a failed message, on one that is marked as failed for it. Evaluates to what came of it. Source:
 * \`WAWebResendMsgAction\` (jigger@0fbd5e1a): it acts on failed messages only.
 */
export function resendOf(stanzaId: string, withinMs: number): string {
  return `(async () => {
    const wanted = ${JSON.stringify(stanzaId)};
    ${FIND}
    if (!msg) return 'the message is not in memory';
    const { resendMsg } = window.require('WAWebResendMsgAction');
    msg.isSendFailure = true;
    const late = new Promise((resolve) => setTimeout(() => resolve('no answer in time'), ${withinMs}));
    const sent = Promise.resolve(resendMsg(msg)).then(
      (result) => 'sent, result ' + (result?.messageSendResult ?? (typeof result === 'string' ? result : typeof result)),
      (error) => 'rejected with ' + error?.name,
    );
    return Promise.race([sent, late]);
  })()`;
}

/** The call returns before the page goes away. */
export const RELOAD = 'void setTimeout(() => window.location.reload(), 0)';

/** Another one for each document. */
export const LOADED_AT = 'performance.timeOrigin';

/** The agent names the first part only. Source: User-Agent Client Hints, §4.1. */
export const BROWSER_VERSION = `(async () => {
  const hints = await navigator.userAgentData?.getHighEntropyValues?.(['fullVersionList']);
  const brand = hints?.fullVersionList?.find(({ brand }) => /Chrom/.test(brand));
  return brand?.version ?? /Chrome\\/([\\d.]+)/.exec(navigator.userAgent)?.[1] ?? 'unknown';
})()`;
