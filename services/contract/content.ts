import { z } from 'zod';

/** WhatsApp's own limit of a text message. */
export const MAX_TEXT_CHARACTERS = 65_536;

const wellFormed = (text: string) => text.isWellFormed() && !text.includes('\0');
const wrongText = 'must be well-formed Unicode without NUL characters';

/** Text that people will read. */
export const textSchema = z.string().min(1).max(MAX_TEXT_CHARACTERS).refine(wellFormed, wrongText);
/** A name, a label, one line. */
export const shortTextSchema = z.string().min(1).max(256).refine(wellFormed, wrongText);

/** A reaction; empty takes it back. */
export const emojiSchema = z.string().max(32).refine(wellFormed, wrongText);

/** A message of this session: the id that the kit gave, or a whole WhatsApp id such as `false_15551234567@c.us_3EB0…`. */
export const messageIdSchema = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[\w.:@-]+$/, 'must be the id of a message');

const inReply = {
  /** The message that this one answers. */
  reply_to: messageIdSchema.optional(),
  /** WhatsApp ids of people named in the text as `@number`. */
  mentions: z.array(z.string().min(1).max(128)).min(1).max(100).optional(),
};

const text = z.strictObject({
  kind: z.literal('text'),
  text: textSchema,
  /** False: WhatsApp is not asked for the preview of a link. */
  link_preview: z.boolean().optional(),
  ...inReply,
});
const aboutMedia = {
  caption: z.string().max(MAX_TEXT_CHARACTERS).refine(wellFormed, wrongText).optional(),
  as_document: z.boolean().optional(),
  as_voice: z.boolean().optional(),
  ...inReply,
};
const location = z.strictObject({
  kind: z.literal('location'),
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  name: shortTextSchema.optional(),
  address: shortTextSchema.optional(),
  ...inReply,
});
const contact = z.strictObject({
  kind: z.literal('contact'),
  name: shortTextSchema,
  /** Digits with the country code. */
  phone_number: z.string().regex(/^\d{7,15}$/),
  ...inReply,
});
const reaction = z.strictObject({
  kind: z.literal('reaction'),
  target: messageIdSchema,
  emoji: emojiSchema,
});
const edit = z.strictObject({ kind: z.literal('edit'), target: messageIdSchema, text: textSchema });
const remove = z.strictObject({ kind: z.literal('delete'), target: messageIdSchema });

/** What the outbox keeps of a message: a medium lies in a table of its own, under `media_id`. */
export const messageContentSchema = z.discriminatedUnion('kind', [
  text,
  z.strictObject({
    kind: z.literal('media'),
    media_id: z.string().min(1).max(64),
    /** Told after the medium itself is gone, too. */
    mimetype: z.string().optional(),
    filename: z.string().optional(),
    ...aboutMedia,
  }),
  location,
  contact,
  reaction,
  edit,
  remove,
]);
export type MessageContent = z.infer<typeof messageContentSchema>;
export type ContentKind = MessageContent['kind'];

/** What the bridge is given to send: a medium with its bytes. `reply_to` and `target` are serialized WhatsApp ids or stanza ids. */
export const bridgeContentSchema = z.discriminatedUnion('kind', [
  text,
  z.strictObject({
    kind: z.literal('media'),
    mimetype: z.string().min(3).max(128),
    filename: z.string().min(1).max(255).optional(),
    /** Base64. */
    data: z.string().min(1),
    ...aboutMedia,
  }),
  location,
  contact,
  reaction,
  edit,
  remove,
]);
export type BridgeContent = z.infer<typeof bridgeContentSchema>;

/** What WhatsApp Web gets ready before it can add a message: a medium is uploaded, the preview of a link is fetched. */
export type PreparationKind = 'none' | 'preview' | 'upload';

/** What has to be got ready for this content. `services/api/outbox/lanes.ts` says the same in SQL. */
export function preparationOf(content: MessageContent | BridgeContent): PreparationKind {
  if (content.kind === 'media') return 'upload';
  if (content.kind !== 'text' || content.link_preview === false) return 'none';
  return /https?:\/\/|www\./i.test(content.text) ? 'preview' : 'none';
}
