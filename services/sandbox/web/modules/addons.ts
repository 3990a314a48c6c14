import { Emitter } from '../objects/emitter.ts';
import { createWid, MsgKey, randomHex } from '../objects/ids.ts';
import { note } from '../phone-connection.ts';
import { listOf, optionalTextOf, recordOf, textOf } from '../wire.ts';

// What comes beside messages: reactions, poll votes and calls. The library wraps the tables' functions.

const reactionTableMode = { bulkUpsert: (_rows: readonly unknown[]): void => undefined };
const pollVoteTableMode = { bulkUpsert: (_rows: readonly unknown[]): void => undefined };
const callCollection = Object.assign(new Emitter(), { calls: new Map<string, object>() });

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
  const parent = parseKey(textOf(record, 'id'));
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
  const parent = parseKey(textOf(record, 'id'));
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
  const shown = {
    id,
    peerJid: textOf(record, 'from'),
    isVideo: record.isVideo === true,
    isGroup: false,
    canHandleLocally: false,
    outgoing: false,
    webClientShouldHandle: false,
    participants: [],
  };
  callCollection.trigger('change:activeCall', shown);
}

function parseKey(serialized: string): MsgKey {
  const [fromMe, remote, id, participant] = serialized.split('_');
  if (remote === undefined || id === undefined) throw new Error(`invalid message id: ${serialized}`);
  return new MsgKey({
    id,
    fromMe: fromMe === 'true',
    remote: createWid(remote),
    participant: participant === undefined ? undefined : createWid(participant),
  });
}
