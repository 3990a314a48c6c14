import { KitError } from '../../contract/errors.ts';
import { requireCanonicalPath } from '../contract/canonical-path.ts';

/** A target in origin-form: `target` is what is forwarded, `path` (without the query) what is decided on. */
export interface RequestTarget {
  readonly target: string;
  readonly path: string;
}

/** `OPTIONS *` asks the gate itself; it has no path to route. */
export const ASTERISK: RequestTarget = { target: '*', path: '*' };

/**
 * The target of a request line. Throws `target_invalid`, and `target_foreign` for an absolute URL whose authority
 * is not the Host. Source: RFC 9112 §3.2; CVE-2026-44578 came in through an absolute-form upgrade.
 */
export function readTarget(method: string, sent: string, host: string | undefined): RequestTarget {
  if (sent === '*') {
    if (method === 'OPTIONS') return ASTERISK;
    throw new KitError('target_invalid', 'the target * is for OPTIONS alone');
  }
  const target = sent.startsWith('/') ? sent : originForm(sent, host);
  if (target.includes('#')) throw new KitError('target_invalid', 'the target has a fragment');
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  requireCanonicalPath(path);
  return { target, path };
}

function originForm(sent: string, host: string | undefined): string {
  const match = /^https?:\/\/([^/?#\\]*)(.*)$/i.exec(sent);
  if (match === null) throw new KitError('target_invalid', 'the target is neither a path nor an http URL');
  const [, authority = '', rest = ''] = match;
  if (host === undefined || authority.toLowerCase() !== host.toLowerCase()) {
    throw new KitError('target_foreign', 'the authority of the target is not the Host');
  }
  return rest.startsWith('/') ? rest : `/${rest}`;
}
