import { KitError } from '../../contract/errors.ts';
import type { Resolve } from '../outbound/dns-answer.ts';
import { fetchPublic } from '../outbound/fetch-public.ts';
import { demandUsable, type MediaLimits, type Medium, mostBytes } from './media.ts';
import type { MediaSource } from './media-body.ts';
import { filenameIn } from './media-name.ts';

export interface MediaFetchOptions extends MediaLimits {
  readonly mediaFetchTimeoutMs: number;
  /** Networks that may be called although they are not public. */
  readonly allowNetworks: readonly string[];
  readonly resolve: Resolve;
}

const REDIRECTS = 3;
const FIELD = 'media.url';

/**
 * Fetches the medium of a URL, before its message is accepted: so nothing is accepted that cannot be read, and the
 * sender hears at once what is wrong. The type is what the server says. Throws KitError `address_refused`,
 * `media_too_large`, `media_unusable` or `lookups_busy`.
 */
export async function fetchMedium(
  options: MediaFetchOptions,
  { url, filename }: Extract<MediaSource, { from: 'url' }>,
  signal: AbortSignal,
  claim: (bytes: number) => Promise<void>,
): Promise<Medium> {
  const fetched = await fetchPublic(url, {
    maxBytes: mostBytes(options),
    timeoutMs: options.mediaFetchTimeoutMs,
    allowNetworks: options.allowNetworks,
    resolve: options.resolve,
    redirects: REDIRECTS,
    signal,
    claim,
  }).catch((error: unknown) => {
    if (!(error instanceof KitError)) throw error;
    const { code, message } = error;
    throw new KitError(code, message, { cause: error, fields: [{ field: FIELD, message }] });
  });
  const medium = {
    mimetype: fetched.type,
    filename: filename ?? filenameIn(fetched.url),
    data: fetched.bytes,
  };
  demandUsable(medium, options, FIELD);
  return medium;
}
