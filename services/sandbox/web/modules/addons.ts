import { Emitter } from '../objects/emitter.ts';
import { createWid, MsgKey, randomHex, type Wid } from '../objects/ids.ts';
import { note } from '../phone-connection.ts';
import { listOf, optionalTextOf, recordOf, textOf } from '../wire.ts';

// What comes beside messages: reactions, poll votes and calls. The library wraps the tables' functions.

const reactionTableMode = { bulkUpsert: (_rows: readonly unknown[]): void => undefined };
const pollVoteTableMode = { bulkUpsert: (_rows: readonly unknown[]): void => undefined };

/** A call: plain fields, no attributes of a model. Source: `WAWebCallModel` (jigger@0fbd5e1a). */
class CallModel extends Emitter {
  id = '';
  peerJid: Wid | null = null;
  offerTime = 0;
  isVideo = false;
  isGroup = false;
  groupJid: Wid | null = null;
  outgoing = false;
  isSilenced = false;
  offerReceivedWhileOffline = false;
}

/**
 * The calls, in a map of its own, without any event for a call that is added. The library wraps the `set` of that map.
 * Source: `WAWebCallCollection` (jigger@0fbd5e1a).
 */
class CallCollection extends Emitter {
  readonly calls = new Map<string, CallModel>();
  activeCall: CallModel | null | undefined;
  lastActiveCall: CallModel | null = null;
  isInConnectedCall = false;

  get(id: string): CallModel | undefined {
    return this.calls.get(id);
  }

  getModelsArray(): CallModel[] {
    return [...this.calls.values()];
  }

  /** The way of a page without calls of its own: the map only. */
  processIncomingCall(id: string, peerJid: Wid, offer: { isVideo: boolean; offerTime: number }): CallModel {
    const call = this.get(id) ?? Object.assign(new CallModel(), { id, peerJid, ...offer });
    if (!this.calls.has(id)) this.calls.set(id, call);
    return call;
  }

  /** The way of a page that can take calls: it goes past the map. Source: wa-js#3567, `WAWebVoipBridgeCallStateHandlers`. */
  setActiveCall(call: CallModel | null): void {
    this.activeCall = call;
    this.trigger('change:activeCall', call);
  }
}

const callCollection = new CallCollection();

export const addonModules = {
  WAWebCallCollection: callCollection,
  WAWebAddonReactionTableMode: { reactionTableMode },
  WAWebAddonPollVoteTableMode: { pollVoteTableMode },
  WAWap: {
    wap: (tag: string, attributes: object, children?: unknown) => ({ tag, attributes, children }),
    generateId: () => randomHex(8),
  },
  WADeprecatedSendIq: {
    async deprecatedCastStanza(stanza: { tag: string }): Promise<void> {
      note('stanza', stanza.tag);
    },
  },
};

/** Somebody reacts to a message. */
export function showReaction(value: unknown): void {
  const record = recordOf(value);
  const from = createWid(textOf(record, 'from'));
  const parent = MsgKey.fromString(textOf(record, 'id'));
  reactionTableMode.bulkUpsert([
    {
      id: new MsgKey({ id: `3EB0${randomHex(9)}`, remote: parent.remote, fromMe: false, participant: from }),
      reactionParentKey: parent,
      reactionText: textOf(record, 'text'),
      reactionTimestamp: Date.now(),
      author: from,
      from,
      read: false,
      orphan: 0,
      ack: 1,
    },
  ]);
}

/** Somebody votes in a poll. */
export function showVote(value: unknown): void {
  const record = recordOf(value);
  const from = createWid(textOf(record, 'from'));
  const parent = MsgKey.fromString(textOf(record, 'id'));
  pollVoteTableMode.bulkUpsert([
    {
      id: new MsgKey({ id: `3EB0${randomHex(9)}`, remote: parent.remote, fromMe: false, participant: from }),
      pollUpdateParentKey: parent,
      selectedOptionLocalIds: listOf(record.options),
      t: Date.now(),
      senderTimestampMs: Date.now(),
      author: from,
      from,
    },
  ]);
}

/** Somebody calls. */
export function showCall(value: unknown): void {
  const record = recordOf(value);
  const id = optionalTextOf(record, 'id') ?? randomHex(16);
  const peerJid = createWid(textOf(record, 'from'));
  const offer = { isVideo: record.isVideo === true, offerTime: Math.floor(Date.now() / 1000) };
  if (record.way === 'map') callCollection.processIncomingCall(id, peerJid, offer);
  else callCollection.setActiveCall(Object.assign(new CallModel(), { id, peerJid, ...offer }));
}
