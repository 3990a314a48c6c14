import { createHash } from 'node:crypto';
import { z } from 'zod';
import { KitError } from '../../../contract/errors.ts';
import {
  PASSKEY_ORIGIN,
  PASSKEY_RELYING_PARTY,
  type PasskeyCredential,
  type PasskeyRequest,
} from '../../../contract/passkey.ts';

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
/** A hash of 32 bytes, the flags, a counter of 4 bytes. Source: WebAuthn Level 3 §6.1. */
const LEAST_DATA_BYTES = 37;

const clientDataSchema = z.object({
  type: z.string(),
  challenge: z.string(),
  origin: z.string(),
  crossOrigin: z.boolean().optional(),
});

/**
 * Refuses an assertion that WhatsApp would refuse too, so that it costs no challenge: one made at another origin or for
 * another site, or for another challenge. The signature is WhatsApp's to check, which has the key. Throws `passkey_refused`.
 */
export function checkAssertion({ response }: PasskeyCredential, request: PasskeyRequest): void {
  const client = readClientData(response.clientDataJSON);
  if (client.type !== 'webauthn.get') refuse(`it is "${cut(client.type)}", and must be "webauthn.get"`);
  if (client.origin !== PASSKEY_ORIGIN || client.crossOrigin === true)
    refuse(`it was made at ${cut(client.origin)}, and must be made in a tab at ${PASSKEY_ORIGIN}`);
  if (client.challenge !== request.challenge) refuse('it answers another challenge: run the newest snippet');
  const data = Buffer.from(response.authenticatorData, 'base64url');
  if (data.length < LEAST_DATA_BYTES) refuse('its authenticator data is too short');
  const site = createHash('sha256').update(PASSKEY_RELYING_PARTY).digest();
  if (!data.subarray(0, 32).equals(site)) refuse(`it is not for ${PASSKEY_RELYING_PARTY}`);
  const flags = data.readUInt8(32);
  if ((flags & USER_PRESENT) === 0) refuse('no user was present');
  if (request.userVerification === 'required' && (flags & USER_VERIFIED) === 0)
    refuse('its user was not verified, which WhatsApp requires');
}

function readClientData(text: string): z.infer<typeof clientDataSchema> {
  try {
    return clientDataSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new KitError('passkey_refused', 'its clientDataJSON cannot be read', { cause });
  }
}

function refuse(why: string): never {
  throw new KitError('passkey_refused', why);
}

function cut(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
