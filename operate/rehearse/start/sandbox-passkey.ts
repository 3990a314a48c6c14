import { createHash, createPrivateKey, sign } from 'node:crypto';
import { z } from 'zod';
import {
  PASSKEY_ORIGIN,
  type PasskeyCredential,
  type PasskeyRequest,
} from '../../../services/contract/passkey.ts';

/** What the sandbox gives of a passkey that its owner has made. */
export const sharedPasskeySchema = z.object({
  credential_id: z.string(),
  rp_id: z.string(),
  user_handle: z.string(),
  private_key: z.string(),
});

const USER_PRESENT_AND_VERIFIED = 0x05;

/** The assertion that an authenticator with this passkey makes in a tab at WhatsApp's origin. Source: WebAuthn Level 3 §6.3.3. */
export function assertionOf(
  passkey: z.infer<typeof sharedPasskeySchema>,
  { challenge }: PasskeyRequest,
): PasskeyCredential {
  const client = Buffer.from(
    JSON.stringify({ type: 'webauthn.get', challenge, origin: PASSKEY_ORIGIN, crossOrigin: false }),
  );
  const data = Buffer.concat([sha256(passkey.rp_id), Buffer.from([USER_PRESENT_AND_VERIFIED, 0, 0, 0, 1])]);
  const key = createPrivateKey({
    key: Buffer.from(passkey.private_key, 'base64'),
    format: 'der',
    type: 'pkcs8',
  });
  return {
    id: passkey.credential_id,
    rawId: passkey.credential_id,
    type: 'public-key',
    response: {
      clientDataJSON: client.toString('base64url'),
      authenticatorData: data.toString('base64url'),
      signature: sign('sha256', Buffer.concat([data, sha256(client)]), key).toString('base64url'),
      userHandle: passkey.user_handle,
    },
  };
}

function sha256(data: string | Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}
