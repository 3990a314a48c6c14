import { randomBytes } from 'node:crypto';
import { z } from 'zod';

/** As Standard Webhooks writes a secret: this, then its bytes in base64. */
const PREFIX = 'whsec_';
const LEAST_BYTES = 24;
const MOST_BYTES = 64;
const NEW_BYTES = 32;
/** How long the secret before goes on signing beside the new one. */
export const OVERLAP_MS = 24 * 3_600_000;
/** Whoever rotates more often within the overlap loses the oldest: each is one more signature in a header. */
const MOST_SECRETS = 4;

const secretsSchema = z
  .array(z.object({ secret: z.string(), expires_at: z.number().nullable() }))
  .min(1)
  .readonly();

/** The newest first; only it never expires. */
export type Secrets = z.infer<typeof secretsSchema>;

export function newSecret(): string {
  return PREFIX + randomBytes(NEW_BYTES).toString('base64');
}

/** What a client may choose as its secret. */
export const secretSchema = z
  .string()
  .max(128)
  .refine(isSecret, `must be ${PREFIX} and base64 of ${LEAST_BYTES} to ${MOST_BYTES} bytes`);

export function parseSecrets(json: string): Secrets {
  return secretsSchema.parse(JSON.parse(json));
}

export function firstSecret(secret: string): Secrets {
  return [{ secret, expires_at: null }];
}

/** A new secret in front; the ones before sign beside it until their time has come. */
export function rotate(secrets: Secrets, fresh: string, now: number): Secrets {
  const older = secrets
    .filter(({ secret }) => secret !== fresh)
    .map(({ secret, expires_at }) => ({
      secret,
      expires_at: Math.min(expires_at ?? Number.MAX_SAFE_INTEGER, now + OVERLAP_MS),
    }))
    .filter(({ expires_at }) => expires_at > now);
  return [...firstSecret(fresh), ...older].slice(0, MOST_SECRETS);
}

/** Those that sign now. */
export function signing(secrets: Secrets, now: number): string[] {
  return secrets
    .filter(({ expires_at }) => expires_at === null || expires_at > now)
    .map(({ secret }) => secret);
}

function isSecret(text: string): boolean {
  if (!text.startsWith(PREFIX)) return false;
  const base64 = text.slice(PREFIX.length);
  const bytes = Buffer.from(base64, 'base64');
  // Node skips what is not base64; receivers do not.
  return bytes.toString('base64') === base64 && bytes.length >= LEAST_BYTES && bytes.length <= MOST_BYTES;
}
