import { KitError } from '../../contract/errors.ts';
import type { AppParts } from '../app.ts';
import { fetchPublic } from '../outbound/fetch-public.ts';
import { demandUsable, type Medium, mostBytes } from './media.ts';
import type { MediaSource } from './media-body.ts';
import { filenameIn } from './media-name.ts';

const REDIRECTS = 3;
const FIELD = 'media.url';

/**
 * Fetches the medium of a URL, before its message is accepted: so nothing is accepted that cannot be read, and the
 * sender hears at once what is wrong. The type is what the server says. Throws KitError `address_refused`,
 * `media_too_large` or `media_unusable`.
 */
export async function fetchMedium(
  { outbox, webhooks }: Pick<AppParts, 'outbox' | 'webhooks'>,
  { url, filename }: Extract<MediaSource, { from: 'url' }>,
  signal: AbortSignal,
): Promise<Medium> {
  const fetched = await fetchPublic(url, {
    maxBytes: mostBytes(outbox),
    timeoutMs: outbox.mediaFetchTimeoutMs,
    allowNetworks: webhooks.allowNetworks,
    redirects: REDIRECTS,
    signal,
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
  demandUsable(medium, outbox, FIELD);
  return medium;
}
