import { isErrorCode } from '../../services/contract/errors.ts';
import { type Answer, jsonOf } from './ask.ts';

type Given = Extract<Answer, { kind: 'answer' }>;

/** Who has answered: the kit, the proxy of a platform in front of it, or another program. */
export interface Responder {
  readonly who: 'gatehouse' | ProxyName | 'unknown';
  /** By what it is known. */
  readonly sign: string;
}

export type ProxyName = 'Railway' | 'Render' | 'Fly.io' | 'Heroku' | 'Cloud Run' | 'Cloudflare' | 'nginx';

/** How a proxy that answers in place of the app is recognised, and what to do then. */
interface PlatformProxy {
  readonly name: ProxyName;
  sign(answer: Given): string | undefined;
  readonly remedy: string;
}

const header = (answer: Given, name: string) => String(answer.headers[name] ?? '');
const headerSign = (answer: Given, name: string, pattern: RegExp) =>
  pattern.test(header(answer, name)) ? `header ${name}: ${header(answer, name).slice(0, 60)}` : undefined;
const bodySign = (answer: Given, pattern: RegExp) => {
  const [match] = pattern.exec(answer.text) ?? [];
  return match === undefined ? undefined : `its page says "${match.slice(0, 80)}"`;
};

/** Cloudflare and nginx last: Render's proxy is behind Cloudflare, and any proxy may be an nginx. */
const proxies: readonly PlatformProxy[] = [
  {
    name: 'Railway',
    sign: (answer) =>
      headerSign(answer, 'x-railway-fallback', /true/) ??
      headerSign(answer, 'server', /^railway/i) ??
      bodySign(answer, /Application failed to respond/),
    remedy:
      'see the deploy log; let PORT be what Railway sets, GATE_HOST 0.0.0.0, and the "target port" of the domain the same as PORT',
  },
  {
    name: 'Heroku',
    sign: (answer) =>
      bodySign(answer, /herokucdn\.com\/error-pages\/[\w-]+\.html|heroku logs --tail/) ??
      headerSign(answer, 'server', /^(heroku|cowboy)/i) ??
      headerSign(answer, 'via', /heroku-router|vegur/),
    remedy:
      'heroku logs --tail names the H code: H10 crashed, H12 no answer within 30 s, H14 no web dyno (heroku ps:scale web=1), H20 not started; R10 there means that PORT was not bound within 60 s',
  },
  {
    name: 'Render',
    sign: (answer) =>
      headerSign(answer, 'x-render-routing', /./) ??
      headerSign(answer, 'rndr-id', /./) ??
      headerSign(answer, 'x-render-origin-server', /./),
    remedy:
      'see the events and the log of the service: it sleeps (free plan), failed its health check at /health, or does not bind 0.0.0.0 on PORT (10000 unless set)',
  },
  {
    name: 'Fly.io',
    sign: (answer) =>
      headerSign(answer, 'fly-request-id', /./) ??
      headerSign(answer, 'server', /^Fly\//) ??
      headerSign(answer, 'via', /fly\.io/),
    remedy:
      'fly logs names the P… code; internal_port in fly.toml must equal PORT in [env], the gate must bind 0.0.0.0, and fly status must show a started machine',
  },
  {
    name: 'Cloud Run',
    sign: (answer) =>
      headerSign(answer, 'server', /^Google Frontend/i) ?? headerSign(answer, 'x-cloud-trace-context', /./),
    remedy:
      'see the log of the revision: it must bind 0.0.0.0 on PORT within its startup probe (at most 240 s); one instance, CPU always allocated; a request body is at most 32 MiB',
  },
  {
    name: 'Cloudflare',
    sign: (answer) => headerSign(answer, 'cf-ray', /./) ?? headerSign(answer, 'server', /^cloudflare/i),
    remedy:
      'Cloudflare does not reach the origin: 521 refused, 522 and 524 too slow, 525 and 526 its certificate; ask the origin itself: gatehouse doctor http://ORIGIN:PORT',
  },
  {
    name: 'nginx',
    sign: (answer) => headerSign(answer, 'server', /^nginx/i) ?? bodySign(answer, /<center>nginx\b[^<]*/),
    remedy:
      'see the error log of that nginx: its proxy_pass must name the host and PORT where the kit listens',
  },
];

/**
 * Tells the kit's answers from those of a platform's proxy. An answer of the kit is a problem document with one of its
 * codes, or JSON with a request id. A header of a proxy alone proves nothing: it adds them to the kit's answers too.
 */
export function identifyResponder(answer: Given): Responder {
  const body = jsonOf(answer);
  if (body !== undefined) {
    if (isErrorCode(body.code)) return { who: 'gatehouse', sign: `problem document with code ${body.code}` };
    if (isKitsJson(body)) return { who: 'gatehouse', sign: `JSON with status ${String(body.status)}` };
  }
  for (const proxy of proxies) {
    const sign = proxy.sign(answer);
    if (sign !== undefined) return { who: proxy.name, sign };
  }
  return {
    who: 'unknown',
    sign: `no sign of Gatehouse in it (${header(answer, 'content-type') || 'no type'})`,
  };
}

/** `/health`, `/health/live`, and what the api gives. A proxy says `"status":"error"` with a numeric code. */
function isKitsJson(body: Readonly<Record<string, unknown>>): boolean {
  return (
    ['ok', 'degraded', 'unavailable'].includes(String(body.status)) ||
    'whatsapp_ready' in body ||
    'accepted_at' in body
  );
}

/** What to do about an answer of a proxy in place of the kit's. */
export function responderRemedy(who: Responder['who']): string {
  return (
    proxies.find(({ name }) => name === who)?.remedy ??
    'check that the address is that of the kit, and what proxy stands before it'
  );
}
