import { z } from 'zod';
import { MAX_RECIPIENT_CHARACTERS, PHONE_DIGITS } from './chat-id.ts';

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

/** A chat or a person: a WhatsApp id, or a phone number in any common form. */
export const recipientSchema = z.string().min(1).max(MAX_RECIPIENT_CHARACTERS);

/** A list of people named in a text; `person` is the form in which each is named. */
export const mentionsOf = <T extends z.ZodType>(person: T) => z.array(person).min(1).max(100);

/** A phone number as digits, with its country code. */
export const phoneDigitsSchema = z
  .string()
  .regex(PHONE_DIGITS, 'must be 7 to 15 digits: the country code and the number, nothing else');

/** A media type, with its parameters: `audio/ogg; codecs=opus`. Source of the characters: RFC 6838 §4.2. */
export const mimetypeSchema = z
  .string()
  .max(128)
  .regex(
    /^[a-z]+\/[a-z0-9][a-z0-9!#$&^_.+-]*(?: *; *[\w-]+=(?:[\w.+-]+|"[^"\\\u0000-\u001f]*"))*$/i,
    'must be a media type such as image/png',
  );

/** A name to save a file under, in any script, without a path. */
export const filenameSchema = z
  .string()
  .min(1)
  .max(255)
  .refine(
    (name) => name.isWellFormed() && !/[\u0000-\u001f\u007f/\\]/.test(name),
    'must be the name of a file: no path, no control characters',
  );

/** The fields of a place. */
export const placeFields = {
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  name: shortTextSchema.optional(),
  address: shortTextSchema.optional(),
};

const inReply = {
  /** The message that this one answers. */
  reply_to: messageIdSchema.optional(),
  /** WhatsApp ids of people named in the text as `@number`. */
  mentions: mentionsOf(recipientSchema).optional(),
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
const location = z.strictObject({ kind: z.literal('location'), ...placeFields, ...inReply });
const contact = z.strictObject({
  kind: z.literal('contact'),
  name: shortTextSchema,
  phone_number: phoneDigitsSchema,
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
    /** Kept after the medium itself is gone. Without bounds: messages of earlier releases must stay readable. */
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
    mimetype: mimetypeSchema,
    filename: filenameSchema.optional(),
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
