import { createHash } from 'node:crypto';
import type { PasskeyCredential } from '../../services/contract/passkey.ts';

export interface AssertionParts {
  readonly type?: string;
  readonly challenge?: string;
  readonly origin?: string;
  readonly crossOrigin?: boolean;
  readonly rpId?: string;
  readonly flags?: number;
}

/** The challenge that `assertion()` answers. */
export const CHALLENGE = 'Y2hhbGxlbmdl';

/** An assertion that is right in every part but those given; nothing has signed it. */
export function assertion(parts: AssertionParts = {}): PasskeyCredential {
  const { rpId = 'whatsapp.com', flags = 0x05, ...given } = parts;
  const client = { type: 'webauthn.get', challenge: CHALLENGE, origin: 'https://web.whatsapp.com', ...given };
  const data = Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.from([flags, 0, 0, 0, 1])]);
  return {
    id: 'aWQ',
    rawId: 'aWQ',
    type: 'public-key',
    response: {
      clientDataJSON: Buffer.from(JSON.stringify(client)).toString('base64url'),
      authenticatorData: data.toString('base64url'),
      signature: 'c2ln',
      userHandle: 'dXNlcg',
    },
  };
}
