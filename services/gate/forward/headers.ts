import { REQUEST_ID_HEADER, SECRET_HEADER } from '../../contract/internal.ts';

/**
 * The headers that may cross the gate, as name and value in turn: all but the hop-by-hop ones, those that
 * `Connection` names, and those in `dropped`. The order and the repetition of lines are kept.
 * A `Trailer` that came through would kill the process (test/conformance/gate/robustness.test.ts).
 * Source: RFC 9110 §7.6.1.
 */
export function endToEndHeaders(raw: readonly string[], dropped: ReadonlySet<string>): string[] {
  const nominated = nominatedNames(raw);
  const kept: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const plain = comparable(name);
    if (HOP_BY_HOP.has(plain) || dropped.has(plain) || nominated?.has(plain)) continue;
    if (dropped === FROM_OUTSIDE && plain.startsWith('x-') && OUTSIDE_FAMILIES.test(plain)) continue;
    kept.push(name, raw[index + 1] ?? '');
  }
  return kept;
}

/** What a client may not say: the gate says it itself (host, framing, forwarder) or nobody does. */
export const FROM_OUTSIDE: ReadonlySet<string> = new Set([
  SECRET_HEADER,
  REQUEST_ID_HEADER,
  'host',
  'content-length',
  'expect',
  'forwarded',
  'x-real-ip',
  'traceparent',
  'tracestate',
]);

/** What an upstream may not say to a client. */
export const FROM_UPSTREAM: ReadonlySet<string> = new Set([SECRET_HEADER, REQUEST_ID_HEADER]);

const OUTSIDE_FAMILIES = /^x-(?:forwarded|accel)(?:-|$)/;

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'proxy-authorization',
  'proxy-authenticate',
]);

/** `X_Forwarded_For` is `X-Forwarded-For` to every CGI-like upstream. */
function comparable(name: string): string {
  const lower = name.toLowerCase();
  return lower.includes('_') ? lower.replaceAll('_', '-') : lower;
}

function nominatedNames(raw: readonly string[]): Set<string> | undefined {
  let names: Set<string> | undefined;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index];
    if (name?.length !== 10 || name.toLowerCase() !== 'connection') continue;
    for (const token of (raw[index + 1] ?? '').split(',')) {
      const nominated = comparable(token.trim());
      if (nominated === 'close' || nominated === 'keep-alive' || nominated === '') continue;
      names ??= new Set();
      names.add(nominated);
    }
  }
  return names;
}
