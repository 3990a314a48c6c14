import { errorText, KitError } from '../../contract/errors.ts';

const LONGEST = 200;

const BY_CODE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'broke off the connection',
  EPIPE: 'broke off the connection',
  EHOSTUNREACH: 'cannot be reached from here',
  ENETUNREACH: 'cannot be reached from here',
  ENOTFOUND: 'is a name that DNS does not know',
  EAI_AGAIN: 'is a name that DNS gave no answer for',
  EPROTO: 'does not speak TLS as it should',
  CERT_HAS_EXPIRED: 'has a certificate that has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'has a certificate that nobody vouches for',
  SELF_SIGNED_CERT_IN_CHAIN: 'has a certificate that nobody vouches for',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'has a certificate that nobody vouches for',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'has a certificate that nobody vouches for',
  ERR_TLS_CERT_ALTNAME_INVALID: 'has a certificate for another name',
};

/** Why a request came to nothing, in a line for those who wrote the URL; it tells nothing of the network here. */
export function describeFailure(error: unknown, { host }: URL, timeoutMs: number): string {
  if (error instanceof KitError) return error.message;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'ETIMEDOUT') return `${host} was not through within ${timeoutMs} ms`;
  const known = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
  const [firstLine = ''] = errorText(error).split('\n');
  return `${host} ${known ?? `failed: ${firstLine.slice(0, LONGEST)}`}`;
}
