import { z } from 'zod';

/** The relying party of a login to WhatsApp. Source: `requestOptions` in Baileys#2689, whatsmeow#1185. */
export const PASSKEY_RELYING_PARTY = 'whatsapp.com';
/** The only origin of which the kit takes an assertion: a browser gives one for `whatsapp.com` to no page of another site. */
export const PASSKEY_ORIGIN = 'https://web.whatsapp.com';
/** The most bytes of an assertion with its token. */
export const MAX_PASSKEY_BYTES = 16 * 1024;

const base64Url = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[A-Za-z0-9_-]+$/, 'must be base64url without padding');

/** Such as `internal`, `smart-card`, `uvm`: nothing that a terminal or a script could take for its own. */
const plainName = z.string().regex(/^[A-Za-z][\w-]{0,31}$/);

/** The options of `navigator.credentials.get`, with base64url for bytes. Members that the kit does not know are left out. */
export const passkeyRequestSchema = z.object({
  challenge: base64Url(4_096),
  rpId: z.literal(PASSKEY_RELYING_PARTY),
  /** Milliseconds. */
  timeout: z.number().optional(),
  userVerification: z.enum(['required', 'preferred', 'discouraged']).optional(),
  allowCredentials: z
    .array(
      z.object({
        type: z.literal('public-key'),
        id: base64Url(4_096),
        transports: z.array(plainName).max(16).optional(),
      }),
    )
    .max(64)
    .optional(),
  extensions: z.record(plainName, z.boolean()).optional(),
});
export type PasskeyRequest = z.infer<typeof passkeyRequestSchema>;

/** An assertion in the form of `PublicKeyCredential.toJSON()`. Source: WebAuthn Level 3 §5.1.8. */
export const passkeyCredentialSchema = z.object({
  id: base64Url(2_048),
  rawId: base64Url(2_048),
  type: z.literal('public-key'),
  authenticatorAttachment: z.enum(['platform', 'cross-platform']).nullish(),
  response: z.object({
    clientDataJSON: base64Url(4_096),
    authenticatorData: base64Url(4_096),
    signature: base64Url(2_048),
    userHandle: base64Url(128).nullish(),
  }),
});
export type PasskeyCredential = z.infer<typeof passkeyCredentialSchema>;

/** `GET /passkey` of the bridge: how far a link with a passkey is. */
export const passkeyAnswerSchema = z.object({
  /** By the page: NotStarted until an assertion is there. */
  stage: z.string().max(64),
  /** The challenge that waits for an assertion. */
  challenge: z
    .object({ id: z.string().min(1).max(64), expires_at: z.iso.datetime(), request: passkeyRequestSchema })
    .optional(),
  /** Must be the same on the phone and here. Only where the page asks for it. */
  verification_code: z
    .string()
    .regex(/^[\w -]{1,32}$/)
    .optional(),
  /** Why the last try failed. */
  last_error: z.string().max(300).optional(),
});
export type PasskeyAnswer = z.infer<typeof passkeyAnswerSchema>;

/** `POST /passkey` of the bridge. */
export const passkeyBodySchema = z.strictObject({
  challenge_id: z.string().min(1).max(64),
  credential: passkeyCredentialSchema,
});
export type PasskeyBody = z.infer<typeof passkeyBodySchema>;

/** `POST /passkey/confirm` of the bridge and of the api: the code that the phone shows. */
export const passkeyConfirmSchema = z.strictObject({
  verification_code: z
    .string()
    .max(32)
    .transform((code) => code.replaceAll(/[^A-Za-z0-9]/g, '').toUpperCase()),
});
export type PasskeyConfirm = z.infer<typeof passkeyConfirmSchema>;
