import { z } from 'zod';
import { toChatId, toPhoneDigits } from '../../contract/chat-id.ts';
import {
  type MessageContent,
  mentionsOf,
  messageIdSchema,
  placeFields,
  recipientSchema,
  shortTextSchema,
  textSchema,
} from '../../contract/content.ts';
import { errorText, type FieldError, KitError } from '../../contract/errors.ts';
import { fieldsError, wrongFields } from '../../runtime/http/request-validation.ts';
import { type MediaSource, mediaFaults, mediaSchema, toMediaSource } from '../media/media-body.ts';

/** What `POST /api/whatsapp/send` asks for. */
export interface SendRequest {
  readonly chatId: string;
  readonly content: Exclude<MessageContent, { kind: 'media' }> | MediaRequest;
  /** Unix time in ms, as is `expiresAt`. */
  readonly sendAt: number | undefined;
  readonly expiresAt: number | undefined;
  /** The body as it was understood: two bodies of which this is equal mean the same. */
  readonly meaning: object;
}

/** A medium that is not in the store yet, and how it is to be sent. */
export interface MediaRequest {
  readonly kind: 'media';
  readonly source: MediaSource;
  readonly about: Omit<
    Extract<MessageContent, { kind: 'media' }>,
    'kind' | 'media_id' | 'mimetype' | 'filename'
  >;
}

/** Throws KitError `body_invalid` that names every wrong field, or `recipient_invalid` when nothing else is wrong. */
export function parseSendBody(value: unknown, session: string): SendRequest {
  const parsed = sendSchema.safeParse(value ?? {});
  const fields = [
    ...(parsed.success ? [] : wrongFields(parsed.error)),
    ...(isRecord(value) ? [...presenceFaults(value), ...sessionFaults(value, session)] : []),
  ];
  if (parsed.success && fields.length === 0) return toRequest(parsed.data);
  const isRecipientAlone = fields.length === 1 && parsed.error?.issues.every(isOfRecipient) === true;
  throw fieldsError(isRecipientAlone ? 'recipient_invalid' : 'body_invalid', fields);
}

/** A moment with its time zone, as Unix time in ms. */
const moment = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2027-01-31T12:00:00Z, with its time zone' })
  .transform((text) => Date.parse(text));

const recipient = recipientSchema.transform((text, context) => convert(toChatId, text, context));

const sendSchema = z.strictObject({
  chat_id: recipient,
  message: textSchema.optional(),
  link_preview: z.boolean().optional(),
  media: mediaSchema.optional(),
  location: z.strictObject(placeFields).optional(),
  contact: z
    .strictObject({
      name: shortTextSchema,
      phone_number: z
        .string()
        .min(1)
        .max(64)
        .transform((text, context) => convert(toPhoneDigits, text, context)),
    })
    .optional(),
  reply_to: messageIdSchema.optional(),
  mentions: mentionsOf(recipient).optional(),
  session: z.string().max(64).optional(),
  send_at: moment.optional(),
  expires_at: moment.optional(),
});

const KINDS = ['message', 'media', 'location', 'contact'] as const;

/** What is there and must not be, or is not and must. */
function presenceFaults(body: Readonly<Record<string, unknown>>): FieldError[] {
  const [first, ...others] = KINDS.filter((kind) => body[kind] !== undefined);
  const faults: FieldError[] = [];
  if (first === undefined)
    faults.push({ field: 'message', message: 'must be there, or media, location or contact instead' });
  for (const field of others)
    if (first !== 'message' || field !== 'media' || others.length > 1)
      faults.push({ field, message: `cannot be sent together with ${first}` });
  if (body.mentions !== undefined && body.message === undefined)
    faults.push({ field: 'mentions', message: 'needs a message that names these people' });
  if (body.link_preview !== undefined && first !== undefined && (first !== 'message' || others.length > 0))
    faults.push({ field: 'link_preview', message: 'is for a text message' });
  if (isRecord(body.media)) faults.push(...mediaFaults(body.media));
  return faults;
}

function sessionFaults({ session }: Readonly<Record<string, unknown>>, own: string): FieldError[] {
  if (typeof session !== 'string' || session === own) return [];
  return [{ field: 'session', message: `is not here: this kit has the session ${JSON.stringify(own)}` }];
}

function toRequest(body: z.infer<typeof sendSchema>): SendRequest {
  return {
    chatId: body.chat_id,
    content: contentOf(body),
    sendAt: body.send_at,
    expiresAt: body.expires_at,
    meaning: body,
  };
}

function contentOf(body: z.infer<typeof sendSchema>): SendRequest['content'] {
  const { message, link_preview, media, location, contact, reply_to, mentions } = body;
  const inReply = {
    ...(reply_to === undefined ? {} : { reply_to }),
    ...(mentions === undefined ? {} : { mentions }),
  };
  if (media !== undefined) {
    const { as_document, as_voice } = media;
    const about = {
      ...(message === undefined ? {} : { caption: message }),
      ...(as_document === undefined ? {} : { as_document }),
      ...(as_voice === undefined ? {} : { as_voice }),
      ...inReply,
    };
    return { kind: 'media', source: toMediaSource(media), about };
  }
  if (location !== undefined) {
    const { latitude, longitude, name, address } = location;
    return {
      kind: 'location',
      latitude,
      longitude,
      ...(name === undefined ? {} : { name }),
      ...(address === undefined ? {} : { address }),
      ...inReply,
    };
  }
  if (contact !== undefined) return { kind: 'contact', ...contact, ...inReply };
  return {
    kind: 'text',
    text: message ?? '',
    ...(link_preview === undefined ? {} : { link_preview }),
    ...inReply,
  };
}

function convert(to: (text: string) => string, text: string, context: z.RefinementCtx<string>): string {
  try {
    return to(text);
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    context.addIssue({ code: 'custom', message: errorText(error), params: { of: error.code } });
    return z.NEVER;
  }
}

function isOfRecipient(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'custom' && issue.params?.of === 'recipient_invalid' && issue.path[0] === 'chat_id';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
