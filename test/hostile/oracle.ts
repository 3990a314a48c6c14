import { type Header, type ReadRequest, valuesOf } from './strict-reading.ts';
import { exposedAt, MAX_HEADER_BYTES } from './topology.ts';

/**
 * What the contract of the gate says of one request, worked out without the gate's own code:
 * `must` reach its service and be answered by it; `may`, where the standard or a stated difference leaves it open;
 * `never`; or `own`, which the gate answers itself.
 */
export type Verdict = 'must' | 'may' | 'never' | 'own';

export interface Opinion {
  readonly verdict: Verdict;
  readonly why: string;
  /** The target as a service may see it: in origin-form. */
  readonly target: string;
}

export function judgeRequest(request: ReadRequest): Opinion {
  const { method, headers, body } = request;
  const hosts = valuesOf(headers, 'host');
  const target = originForm(request.target, hosts[0]);
  const never = (why: string): Opinion => ({ verdict: 'never', why, target: target ?? request.target });
  if (method === 'TRACE' || method === 'CONNECT') return never('the method');
  if (request.version === 'other') return never('the version');
  if (hosts.length > 1 || (hosts.length === 0 && request.version === '1.1')) return never('not one Host');
  if (hosts[0] !== undefined && !isHost(hosts[0])) return never('an invalid Host');
  const expectations = valuesOf(headers, 'expect');
  if (expectations.some((value) => !/^(?:100-continue)?$/i.test(value))) return never('an expectation');
  if (request.target === '*') {
    return method === 'OPTIONS' ? { verdict: 'own', why: 'OPTIONS *', target: '*' } : never('*');
  }
  if (target === undefined) return never('the form of the target');
  if (target.includes('#')) return never('a fragment');
  const path = /^[^?]*/.exec(target)?.[0] ?? '';
  if (!isCanonical(path)) return never('a path that can be read in two ways');
  if (path === '/health/live') return { verdict: 'own', why: 'the health of the gate', target };
  const exposed = exposedAt(path);
  if (exposed === undefined) return never('a path that is not exposed');
  if (body.length > exposed.maxBodyBytes) return never('the length of the body');
  const via = valuesOf(headers, 'via');
  if (via.length === 1 && (via[0]?.split('gatehouse').length ?? 0) > 4) return never('a loop');
  const leave = openQuestion(request, target);
  if (leave !== undefined) return { verdict: 'may', why: leave, target };
  return { verdict: 'must', why: '', target };
}

/** What the standard, or a difference of the gates that is stated in `differences.ts`, leaves open. */
function openQuestion(request: ReadRequest, target: string): string | undefined {
  const { method, headers, headBytes, target: sent, trailers } = request;
  if (trailers.some(([name]) => !/^x-/i.test(name))) return 'a trailer that should be a header';
  if (!request.isStrict) return 'a liberty of the reader';
  if (!COMMON_METHODS.has(method)) return 'an uncommon method';
  if (headBytes > MAX_HEADER_BYTES / 2) return 'long headers';
  if (/[^A-Za-z0-9!$%&'()*+,./:=?@_~-]/.test(target)) return 'characters that no URI has';
  if (!sent.startsWith('/') && !/^http:/.test(sent)) return 'another scheme';
  if (valuesOf(headers, 'upgrade').length > 0) return 'an upgrade';
  if (ONCE.some((name) => valuesOf(headers, name).length > 1)) return 'a header that should stand once';
  if (!/[A-Za-z0-9]/.test(valuesOf(headers, 'host')[0] ?? 'h')) return 'a Host of dots';
  if (valuesOf(headers, 'expect').some((value) => value === '')) return 'no expectation';
  if (valuesOf(headers, 'via').length > 1) return 'two Via';
  if (valuesOf(headers, 'expect').length > 1) return 'two expectations';
  if (nominated(headers).some((name) => !KNOWN_NOMINATIONS.has(name))) return 'a nomination';
  return undefined;
}

const COMMON_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** Services refuse them when they come twice, nginx for one. */
const ONCE = [
  'authorization',
  'if-none-match',
  'range',
  'user-agent',
  'content-type',
  'if-modified-since',
] as const;
const KNOWN_NOMINATIONS = new Set(['close', 'keep-alive', 'te', 'trailer', '']);

/** Source: RFC 9112 §3.2: an absolute target's authority is the Host. */
function originForm(target: string, host: string | undefined): string | undefined {
  if (target.startsWith('/')) return target;
  const [, authority, rest = ''] = /^https?:\/\/([^/?#\\]*)(.*)$/i.exec(target) ?? [];
  if (authority === undefined || authority.toLowerCase() !== host?.toLowerCase()) return undefined;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function isHost(host: string): boolean {
  if (host.includes('..')) return false;
  const [, port] = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?$/.exec(host) ?? [
    undefined,
    'none',
  ];
  return port === undefined || Number(port) <= 65_535;
}

/** No reader that decodes, resolves dots, merges slashes, or cuts parameters can come to another path. */
function isCanonical(path: string): boolean {
  if (!/^\/[\x21-\x7e]*$/.test(path) || /[\\;#]/.test(path)) return false;
  const segments = path.slice(1).split('/');
  return segments.every((segment, index) => {
    if (segment === '') return index === segments.length - 1;
    if (segment === '.' || segment === '..') return false;
    return [...segment.matchAll(/%(.{0,2})/g)].every(([, digits = '']) => isNeededEscape(digits));
  });
}

function isNeededEscape(digits: string): boolean {
  if (!/^[0-9A-Fa-f]{2}$/.test(digits)) return false;
  const byte = String.fromCharCode(Number.parseInt(digits, 16));
  return !/[A-Za-z0-9._~/\\\0-\x1f\x7f-]/.test(byte);
}

/** The names in Connection, lower case. */
export function nominated(headers: readonly Header[]): string[] {
  return valuesOf(headers, 'connection').flatMap((value) =>
    value.split(',').map((name) => comparable(name.trim())),
  );
}

/** `X_Real_IP` is `X-Real-IP` to every upstream that makes variables of headers. */
export function comparable(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** Hop-by-hop: they end at the gate. Source: RFC 9110 §7.6.1. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
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

/** What the gate alone says to a service. */
export const OF_THE_GATE: ReadonlySet<string> = new Set([
  'host',
  'via',
  'content-length',
  'expect',
  'forwarded',
  'x-real-ip',
  'x-request-id',
  'traceparent',
  'tracestate',
  'x-gatehouse-secret',
]);

/** The headers that cross untouched: the same lines in the same order must stand at the service. */
export function crossing(headers: readonly Header[], named: ReadonlySet<string>): Header[] {
  return headers.filter(([name]) => {
    const plain = comparable(name);
    return !HOP_BY_HOP.has(plain) && !isOfTheGate(plain) && !named.has(plain);
  });
}

export function isOfTheGate(plain: string): boolean {
  return OF_THE_GATE.has(plain) || /^x-(?:forwarded|accel)(?:-|$)/.test(plain);
}
