import { TEXT_OF } from '../ids.ts';
import { CALL_MODULE, CALL_PROBE } from '../life/calls.ts';
import { LOGOUT_FUNCTION } from '../life/logout.ts';

/**
 * Looks at the page that are more than "is this export there?". Each is the body of an async function in the page, with
 * the names of `PROBE_SCOPE`. It returns nothing when all is well, `patched(text)`, `broken(text)`, or `unproven(text)`
 * where this page holds nothing to prove it by. Nothing is sent.
 */
export const PROBES = {
  keyText: `
    const text = String(newKey(createWid('0@c.us')));
    if (text !== 'true_0@c.us_' + PROBE_ID) return broken('the text of a message key is "' + text + '"');
    if (newKey(createWid('0@c.us')).fromMe !== true) return broken('a message key of this account has no fromMe');`,
  keyAlias: `
    const key = newKey(createWid('0@c.us'));
    if (!Object.hasOwn(key, '_serialized') || key._serialized !== String(key))
      return broken('message keys have no _serialized, and none can be given to them');
    if (Object.hasOwn(require('WAWebMsgKey').prototype, '_serialized')) {
      const field = Object.keys(key).find((name) => name !== '_serialized' && key[name] === key._serialized);
      return patched('the text of a message key is in ' + (field ?? 'no field'));
    }`,
  ownKey: `
    const me = require('WAWebUserPrefsMeUser').getMaybeMePnUser();
    if (!me) return unproven('no account');
    const head = 'true_' + textOf(me) + '_' + PROBE_ID;
    const rest = String(newKey(me)).replace(head, '');
    if (rest !== '' && rest !== '_out') return broken('the key of a message to oneself ends with "' + rest + '"');`,
  replaceableAdd: `
    const action = require('WAWebSendMsgChatAction');
    const add = action.addAndSendMsgToChat;
    const probe = () => { throw new Error('gatehouse: only a test'); };
    try {
      action.addAndSendMsgToChat = probe;
    } catch {
      // Read-only: the check below says so.
    }
    const isReplaced = action.addAndSendMsgToChat === probe;
    if (isReplaced) action.addAndSendMsgToChat = add;
    if (!isReplaced || action.addAndSendMsgToChat !== add)
      return broken('addAndSendMsgToChat cannot be replaced: messages get ids of their own');`,
  mediaModel: `
    const OpaqueData = require('WAWebMediaOpaqueData');
    const opaque = await OpaqueData.createFromData(new File(['x'], 'x.txt', { type: 'text/plain' }), 'text/plain');
    const model = await require('WAWebPrepRawMedia').prepRawMedia(opaque, { asDocument: true }).waitForPrep();
    opaque.autorelease?.();
    if (typeof model.toJSON !== 'function' || typeof model.set !== 'function')
      return broken('the model of a medium has no toJSON or no set');
    if (Object.hasOwn(model, '__x_id')) return patched('the model of a medium carries __x_id');`,
  messagesListed: `
    if (!Array.isArray(Msg().getModelsArray())) return broken('the messages cannot be listed');`,
  messageFound: `
    const made = (await Msg().getMessagesById(['true_0@c.us_' + PROBE_ID]))?.messages ?? [];
    if (made.filter(Boolean).length > 0) return broken('getMessagesById finds a message that does not exist');
    const known = Msg().getModelsArray().at(-1);
    if (!known) return unproven('the page has no message yet');
    const text = textOf(known.id);
    if (!Msg().get(text) && !(await Msg().getMessagesById([text]))?.messages?.[0])
      return broken('a message that is there is not found by the text of its id');`,
  listening: `
    if (window.WWebJS?.gatehouse?.isListening !== true) return broken('the listeners of whatsapp-web.js are not attached');
    for (const name of ['onAddMessageEvent', 'onMessageAckEvent', 'onChangeMessageTypeEvent', 'onEditMessageEvent'])
      if (typeof window[name] !== 'function') return broken('the page cannot call ' + name + ' of the bridge');`,
  callsMap: `
    const calls = require('WAWebCallCollection');
    if (!Object.values(calls).some((value) => value instanceof Map)) return broken('the collection of calls holds no Map');`,
  // By an event of its own name: with an active call the page would update its windows, and might reload itself
  // (\`WAWebCanonicalReload\`, \`WAWebAutoUpdaterUtils\`, jigger@0fbd5e1a).
  callsHeard: `
    const found = require('${CALL_MODULE}');
    const calls = typeof found?.trigger === 'function' ? found : found?.default;
    for (const name of ['on', 'trigger', 'setActiveCall'])
      if (typeof calls?.[name] !== 'function') return broken('the collection of calls has no function ' + name);
    if (typeof window.onIncomingCall !== 'function') return broken('the page cannot call onIncomingCall of the bridge');
    let isHeard = false;
    calls.trigger('${CALL_PROBE}', { probe: () => { isHeard = true; } });
    if (!isHeard) return broken('the bridge does not hear the collection of calls');
    if (typeof calls.add === 'function' && !calls.add.isHooked) return broken('the bridge does not hear calls that are added');`,
  logoutReported: `
    if (typeof window.${LOGOUT_FUNCTION} !== 'function') return broken('the page cannot call ${LOGOUT_FUNCTION} of the bridge');
    const { Socket } = require('WAWebSocketModel');
    for (const name of ['logout', 'clearCredentialsAndStoredData'])
      if (!Socket[name]?.isHooked) return broken('Socket.' + name + ' does not report its reason to the bridge');`,
  dialogButtons: `
    const dialogs = [...document.querySelectorAll('[role="dialog"]')];
    if (dialogs.length === 0) return unproven('no dialog lies over the page');
    if (!dialogs.some((dialog) => dialog.querySelector('button, [role="button"]')))
      return broken('the dialog over the page has no button that the bridge can see');`,
  ownLid: `
    if (!require('WAWebUserPrefsMeUser').getMaybeMeLidUser()) return unproven('this account has no LID');`,
  ownPair: `
    const peopleOf = window.WWebJS?.gatehousePeople;
    if (typeof peopleOf !== 'function' || !window.WWebJS.getMessageModel?.isNaming)
      return broken('what the page reports does not say who the people in it are');
    const { getMaybeMePnUser, getMaybeMeLidUser } = require('WAWebUserPrefsMeUser');
    const own = [getMaybeMePnUser(), getMaybeMeLidUser()];
    if (!own.every(Boolean)) return unproven('this account has no pair of number and LID');
    const [number, lid] = own.map(textOf);
    const people = peopleOf(own);
    if (people[number]?.other !== lid || people[lid]?.other !== number)
      return broken('the page does not lead from the number of this account to its LID and back');`,
  offlineDelivery: `
    const isEnd = require('WAWebEventsWaitForOfflineDeliveryEnd').isOfflineDeliveryEnd();
    if (typeof isEnd !== 'boolean') return broken('isOfflineDeliveryEnd gives ' + typeof isEnd);`,
  storageRoom: `
    const { quota = 0, usage = 0 } = await navigator.storage.estimate();
    if (quota - usage < LEAST_STORAGE_BYTES)
      return broken('the page may store only ' + Math.round((quota - usage) / 1024) + ' KiB more');`,
  passkeyStage: `
    const stage = require('WAWebShortcakeLinkingApi').getShortcakeLinkingStage();
    if (stage === undefined) return broken('getShortcakeLinkingStage gives nothing');`,
  version: `
    if (!window.Debug?.VERSION) return broken('the page does not tell its version');
    if (window.Debug.isSupplied) return patched('window.Debug.VERSION is supplied');`,
} as const;

/** `heard` is proven in Node: an event that the test triggers in the page has arrived there. */
export type ProbeName = keyof typeof PROBES | 'heard';

/** No message has this id: WhatsApp Web makes hexadecimal ones. */
const PROBE_ID = '3EB0GATEHOUSEPROBE';
/** WhatsApp Web logs itself out when it cannot store (`WAWebSocketModel`, jigger@0fbd5e1a). At what size is unknown. */
const LEAST_STORAGE_BYTES = 20 * 1024 ** 2;

/** What the probes may name. */
export const PROBE_SCOPE = `
  ${TEXT_OF}
  const PROBE_ID = ${JSON.stringify(PROBE_ID)};
  const LEAST_STORAGE_BYTES = ${LEAST_STORAGE_BYTES};
  const require = (name) => window.require(name);
  const createWid = (text) => require('WAWebWidFactory').createWid(text);
  const newKey = (remote) => new (require('WAWebMsgKey'))({ fromMe: true, remote, id: PROBE_ID });
  const Msg = () => require('WAWebCollections').Msg;
  const patched = (detail) => ({ state: 'patched', detail });
  const broken = (detail) => ({ state: 'broken', detail });
  const unproven = (detail) => ({ state: 'unproven', detail });`;
