import { z } from 'zod';
import type { WhatsAppMessage } from '../../contract/events.ts';

/** What tells a message from every other. */
export type MessageIds = Pick<WhatsAppMessage, 'id' | 'stanza_id' | 'chat_id'>;

// Ids of WhatsApp Web, in every form that a page has had. No other file knows how they keep their text.

/** For source text that runs in the page: `textOf(id)` is the text of the id of a message, a person or a chat. */
export const TEXT_OF = `
  const textOf = (id) => (typeof id === 'string' ? id : typeof id?._serialized === 'string' ? id._serialized : String(id));`;

/**
 * Gives every message key of the page an own, enumerable `_serialized`, existing keys included: the library reads this
 * field in the page, and only own enumerable fields cross to Node. Does nothing where keys have the field. Evaluates to
 * `native`, `aliased`, or `lazy`: then a key gets the alias only when code in the page reads it.
 *
 * Since July 2026 the text is in `$1`. The page's minifier chose this name, so the script looks the name up.
 * Source: `WAWebMsgKey` (jigger@0fbd5e1a); wa-js#3484, wa-js#3488; wwebjs#201848.
 */
export const INSTALL_KEY_ALIAS = `(() => {
  const MsgKey = window.require('WAWebMsgKey');
  const { createWid } = window.require('WAWebWidFactory');
  const { Msg, Chat } = window.require('WAWebCollections');
  const { prototype } = MsgKey;
  const newKey = () => new MsgKey({ fromMe: true, remote: createWid('0@c.us'), id: 'gatehouse' });
  const hasAlias = (key) => Object.hasOwn(key, '_serialized') && typeof key._serialized === 'string';
  if (Object.hasOwn(prototype, '_serialized')) return hasAlias(newKey()) ? 'aliased' : 'lazy';
  const probe = newKey();
  if (hasAlias(probe)) return 'native';

  const own = (target, name, value) =>
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  Object.defineProperty(prototype, '_serialized', {
    configurable: true,
    get() {
      return own(this, '_serialized', this.toString())._serialized;
    },
    set(text) {
      own(this, '_serialized', text);
    },
  });
  const name = Object.keys(probe).find((field) => probe[field] === probe.toString());
  if (name !== undefined)
    // The constructor assigns it, and so comes by here.
    Object.defineProperty(prototype, name, {
      configurable: true,
      get() {
        return undefined;
      },
      set(text) {
        own(this, name, text);
        own(this, '_serialized', text);
      },
    });
  for (const model of [...Msg.getModelsArray(), ...Chat.getModelsArray()])
    for (const value of [model.id, ...Object.values(model)]) if (value instanceof MsgKey) void value._serialized;
  return hasAlias(newKey()) ? 'aliased' : 'lazy';
})()`;

/** A WhatsApp id of a person or a chat, which the page gives as text or as an object. */
export const widSchema = z.union([
  z.string(),
  z.object({ _serialized: z.string() }).transform((wid) => wid._serialized),
  z.object({ user: z.string(), server: z.string() }).transform(({ user, server }) => `${user}@${server}`),
]);

/** The key of a message, in any form in which it crosses from the page. */
export const messageKeySchema = z
  .looseObject({
    id: z.string(),
    fromMe: z.boolean(),
    remote: widSchema,
    participant: widSchema.optional().catch(undefined),
  })
  .transform(({ id, fromMe, remote, participant, ...others }): KeyOfMessage => {
    const head = `${fromMe}_${remote}_${id}`;
    const known = [others._serialized, ...Object.values(others)];
    const text = known.find((value) => typeof value === 'string' && `${value}_`.startsWith(`${head}_`));
    const made = participant === undefined ? head : `${head}_${participant}`;
    return { id: typeof text === 'string' ? text : made, stanza_id: id, chat_id: remote, from_me: fromMe };
  });

export interface KeyOfMessage extends MessageIds {
  readonly from_me: boolean;
}
