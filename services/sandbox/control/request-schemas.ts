import { z } from 'zod';
import { LOGOUT_REASONS, type LogoutReasonName } from '../web/logout-reasons.ts';
import { SEND_MODES } from '../web/policy.ts';
import { EDITIONS } from '../web/settings.ts';

const MAX_BODY_CHARS = 65_536;
/** Ids that the phone is asked to make cannot hold what parts an id. */
const KEY = /^[A-Za-z0-9.-]{1,64}$/;

const EXPORT = /^\w{1,100}\.[\w$]{1,100}$/;

const ms = z.number().int().min(-1).max(3_600_000);
const delayMs = z.number().int().min(0).max(3_600_000);
const person = z.string().min(1).max(128);
const names = z.array(z.string().min(1).max(128));
/** In any common form. */
const numbers = z.array(z.string().min(1).max(64));
const messageId = z.string().min(1).max(512);
/** Which phone is meant, by its number: the current one when left out. */
const ofPhone = { phone: z.string().min(1).max(64).optional() };
const logoutReason = z.custom<LogoutReasonName>(
  (name) => typeof name === 'string' && Object.hasOwn(LOGOUT_REASONS, name),
  'must be the name of a reason, such as SyncdFailure',
);

export const scanRequest = z.strictObject({
  phone: z.string().min(1).max(64).optional(),
  pushname: z.string().min(1).max(64).optional(),
});

export const noBody = z.strictObject({});

export const phoneRequest = z.strictObject(ofPhone);

export const incomingRequest = z
  .strictObject({
    ...ofPhone,
    from: person,
    author: person.optional(),
    name: z.string().min(1).max(128).optional(),
    body: z.string().max(MAX_BODY_CHARS).optional(),
    type: z.string().min(1).max(32).optional(),
    quoted: z.string().max(256).optional(),
    key: z.string().regex(KEY).optional(),
    media: z
      .strictObject({
        mimetype: z.string().regex(/^[\w.+-]+\/[\w.+-]+(;.*)?$/, 'must be a media type such as image/png'),
        data: z.base64(),
        filename: z.string().min(1).max(255).optional(),
        caption: z.string().max(MAX_BODY_CHARS).optional(),
      })
      .optional(),
  })
  .refine((incoming) => incoming.body !== undefined || incoming.media !== undefined, {
    path: ['body'],
    message: 'is missing; a message has a body, or media, or both',
  });

export const faultRequest = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('policy'),
    mode: z.enum(SEND_MODES).optional(),
    addMs: delayMs.optional(),
    previewMs: delayMs.optional(),
    uploadMs: delayMs.optional(),
    serverAckMs: ms.optional(),
    deviceAckMs: ms.optional(),
    readAckMs: ms.optional(),
    playedAckMs: ms.optional(),
    deliversDuplicates: z.boolean().optional(),
    usyncError: z.number().int().min(0).max(599).optional(),
    hiddenNumbers: numbers.optional(),
  }),
  z.strictObject({
    kind: z.literal('settings'),
    edition: z.enum(EDITIONS).optional(),
    version: z.string().max(64).optional(),
    bootDelayMs: delayMs.optional(),
    debugDelayMs: ms.optional(),
    openingMs: delayMs.optional(),
    pairMs: delayMs.optional(),
    syncMs: delayMs.optional(),
    logoutNavMs: delayMs.optional(),
    qrEveryMs: delayMs.optional(),
    qrCount: z.number().int().min(0).optional(),
    without: names.optional(),
    withoutExports: names.optional(),
    late: names.optional(),
    lateMs: ms.optional(),
    deaf: names.optional(),
    resist: z.boolean().optional(),
    busyMs: delayMs.optional(),
    offlineDeliveryMs: delayMs.optional(),
    storeMs: delayMs.optional(),
    historyMs: delayMs.optional(),
    pairReloadMs: ms.optional(),
    lidChats: z.boolean().optional(),
    numberChats: numbers.optional(),
    passkey: z.boolean().optional(),
    passkeyCode: z.boolean().optional(),
    onboarding: z.boolean().optional(),
    unsupported: z.boolean().optional(),
  }),
  z.strictObject({
    kind: z.enum([
      'break',
      'conflict',
      'load',
      'offline',
      'online',
      'reload',
      'repair',
      'replaced',
      'restore',
      'rotate',
    ]),
  }),
  z.strictObject({ kind: z.literal('selfLogout'), reason: logoutReason }),
  z.strictObject({
    kind: z.literal('upgrade'),
    edition: z.enum(EDITIONS).optional(),
    version: z.string().max(64).optional(),
  }),
  z.strictObject({ kind: z.literal('without'), exports: z.array(z.string().regex(EXPORT)) }),
  z.strictObject({ kind: z.literal('state'), state: z.string().regex(/^[A-Z_]{1,64}$/) }),
  z.strictObject({ kind: z.literal('setUnregistered'), numbers: z.array(person) }),
  z.strictObject({
    kind: z.literal('fromPhone'),
    ...ofPhone,
    to: person,
    body: z.string().min(1).max(MAX_BODY_CHARS),
  }),
  z.strictObject({
    kind: z.literal('fromDevice'),
    ...ofPhone,
    to: person,
    body: z.string().min(1).max(MAX_BODY_CHARS),
    /** Random when left out. One of the kit's own is a message that the page has already. */
    key: z.string().regex(KEY).optional(),
  }),
  z.strictObject({ kind: z.literal('readElsewhere'), ...ofPhone, chat_id: person }),
  z.strictObject({ kind: z.literal('ack'), ...ofPhone, id: messageId, ack: z.number().int().min(-1).max(4) }),
  z.strictObject({
    kind: z.literal('edit'),
    ...ofPhone,
    id: messageId,
    body: z.string().min(1).max(MAX_BODY_CHARS),
  }),
  z.strictObject({ kind: z.literal('revoke'), ...ofPhone, id: messageId }),
  z.strictObject({
    kind: z.literal('ciphertext'),
    ...ofPhone,
    from: person,
    body: z.string().max(MAX_BODY_CHARS),
    /** Never, when left out. */
    resolveMs: delayMs.optional(),
  }),
  z.strictObject({
    kind: z.literal('reaction'),
    ...ofPhone,
    id: messageId,
    text: z.string().max(32),
    from: person,
  }),
  z.strictObject({
    kind: z.literal('vote'),
    ...ofPhone,
    id: messageId,
    options: z.array(z.number().int().min(0)),
    from: person,
  }),
  z.strictObject({
    kind: z.literal('call'),
    ...ofPhone,
    from: person,
    isVideo: z.boolean().optional(),
    /** The way by which it reaches the page's collection; the default is that of a page that can take calls. */
    way: z.enum(['active', 'map']).optional(),
  }),
]);
export type Fault = z.infer<typeof faultRequest>;
