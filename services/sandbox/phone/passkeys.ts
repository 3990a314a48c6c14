import { createHash, createPublicKey, generateKeyPairSync, randomBytes, verify } from 'node:crypto';
import { z } from 'zod';
import { KitError } from '../../contract/errors.ts';
import type { Account } from './account.ts';
import type { PasskeyRecord } from './journal-records.ts';

const ORIGIN = 'https://web.whatsapp.com';
const RELYING_PARTY = 'whatsapp.com';
const USER_PRESENT_AND_VERIFIED = 0x05;
const TIMEOUT_MS = 600_000;

/** What an authenticator needs to hold the passkey: the phone shares it with the other devices of its owner. */
export interface SharedPasskey {
  readonly credential_id: string;
  readonly rp_id: string;
  readonly user_handle: string;
  /** PKCS #8, base64. The phone keeps only the public key. */
  readonly private_key: string;
}

const base64Url = z.string().regex(/^[A-Za-z0-9_-]+$/);
/** The assertion as the page sends it. Source: `WAWebShortcakeLinkingPasskeyPrologue` (jigger@0fbd5e1a). */
const assertionSchema = z.strictObject({
  id: base64Url,
  rawId: base64Url,
  type: z.literal('public-key'),
  response: z.strictObject({
    clientDataJSON: base64Url,
    authenticatorData: base64Url,
    signature: base64Url,
    userHandle: base64Url.nullable(),
  }),
});
const clientDataSchema = z.object({ type: z.string(), challenge: z.string(), origin: z.string() });

/** The passkeys of the accounts, as WhatsApp's server has them: it makes challenges and checks what answers them. */
export class Passkeys {
  #challenge: string | undefined;

  /** The owner of an account makes a passkey; it takes the place of an earlier one. */
  create(account: Account): SharedPasskey {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const credentialId = randomBytes(16).toString('base64url');
    const userHandle = randomBytes(16).toString('base64url');
    account.write({
      kind: 'passkey',
      passkey: {
        credential_id: credentialId,
        user_handle: userHandle,
        public_key: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
      },
    });
    return {
      credential_id: credentialId,
      rp_id: RELYING_PARTY,
      user_handle: userHandle,
      private_key: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
    };
  }

  /** The options of a new challenge, as JSON. Source: the `requestOptions` that Baileys#2689 quotes. */
  newOptions(): string {
    this.#challenge = randomBytes(32).toString('base64url');
    return JSON.stringify({
      challenge: this.#challenge,
      timeout: TIMEOUT_MS,
      rpId: RELYING_PARTY,
      allowCredentials: [],
      userVerification: 'required',
      extensions: { uvm: true },
    });
  }

  /** Checks an assertion against the last challenge, which is used up. Throws KitError `whatsapp_not_ready`. */
  check(text: string, passkey: PasskeyRecord | undefined): void {
    const challenge = this.#challenge;
    this.#challenge = undefined;
    const fault = faultOf(text, challenge, passkey);
    if (fault !== undefined) throw new KitError('whatsapp_not_ready', `the passkey is refused: ${fault}`);
  }
}

/** Source of the checks: WebAuthn Level 3 §7.2. */
function faultOf(
  text: string,
  challenge: string | undefined,
  passkey: PasskeyRecord | undefined,
): string | undefined {
  if (passkey === undefined) return 'the account has none';
  const assertion = assertionSchema.safeParse(parseJson(text)).data;
  if (assertion === undefined) return 'not an assertion';
  const { response } = assertion;
  const clientBytes = Buffer.from(response.clientDataJSON, 'base64url');
  const client = clientDataSchema.safeParse(parseJson(clientBytes.toString('utf8'))).data;
  if (client?.type !== 'webauthn.get') return 'not an assertion of a login';
  if (challenge === undefined || client.challenge !== challenge) return 'another challenge';
  if (client.origin !== ORIGIN) return `made at ${client.origin}`;
  if (assertion.rawId !== passkey.credential_id || assertion.id !== assertion.rawId) return 'another passkey';
  if (response.userHandle !== null && response.userHandle !== passkey.user_handle) return 'another user';
  const data = Buffer.from(response.authenticatorData, 'base64url');
  if (data.length < 37 || !data.subarray(0, 32).equals(sha256(RELYING_PARTY))) return 'for another site';
  if ((data.readUInt8(32) & USER_PRESENT_AND_VERIFIED) !== USER_PRESENT_AND_VERIFIED)
    return 'no user was present and verified';
  const key = createPublicKey({
    key: Buffer.from(passkey.public_key, 'base64'),
    format: 'der',
    type: 'spki',
  });
  const signed = Buffer.concat([data, sha256(clientBytes)]);
  const isSigned = verify('sha256', signed, key, Buffer.from(response.signature, 'base64url'));
  return isSigned ? undefined : 'the signature is wrong';
}

function sha256(data: string | Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // What is no JSON fits no schema either.
  }
}
