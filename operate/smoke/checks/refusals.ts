import { type CheckContext, problemCode } from '../check-context.ts';
import { describeError } from '../connection.ts';
import { exchangeRaw, type RawAnswer } from '../raw-exchange.ts';
import { failed, passed, type Row, warned } from '../report.ts';

/** Requests that two programs in a row may read in two ways. All aim at what answers 200 to anybody, and change nothing. */
const VECTORS: readonly (readonly [what: string, text: (authority: string) => string])[] = [
  ['two Hosts', (host) => `GET /health/live HTTP/1.1\r\nHost: ${host}\r\nHost: evil.example\r\n\r\n`],
  ['a foreign authority', (host) => `GET http://evil.example/health/live HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
  [
    'both lengths',
    (host) =>
      `POST /health/live HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  ],
  [
    'two Content-Lengths',
    (host) => `GET /health/live HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\nContent-Length: 1\r\n\r\na`,
  ],
  ['a space before the colon', (host) => `GET /health/live HTTP/1.1\r\nHost : ${host}\r\n\r\n`],
  ['..%2f', (host) => `GET /api/..%2finternal/ready HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
  ['an encoded slash', (host) => `GET /health%2flive HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
  ['CONNECT', () => 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n'],
  ['TRACE', (host) => `TRACE /health/live HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
  ['HTTP/0.9', () => 'GET /health/live\r\n\r\n'],
  [
    'a header of 1 MiB',
    (host) => `GET /health/live HTTP/1.1\r\nHost: ${host}\r\nX-Smoke: ${'x'.repeat(1024 ** 2)}\r\n\r\n`,
  ],
];
/** No fault, but passed on as it is it ends a Node server: it must be answered, in whatever way. */
const TRAILER = (host: string) =>
  `GET /api/whatsapp/status HTTP/1.1\r\nHost: ${host}\r\nTrailer: x-smoke\r\nConnection: close\r\n\r\n`;

/** How the kit says of itself that it lives, which an answer without a status line may hold. */
const OWN_WORDS = /"status"\s*:\s*"(?:ok|degraded)"|"whatsapp_ready"/;

/** No vector is answered as if it were a good request. The platform's edge may refuse some by itself. */
export async function checkRefusals(context: CheckContext): Promise<Row> {
  const { authority } = context.target;
  const answers = await Promise.all([
    ...VECTORS.map(async ([what, text]) => ({ what, ...(await sendVector(context, text(authority))) })),
    sendVector(context, TRAILER(authority)).then((answer) => ({ what: 'Trailer', ...answer })),
  ]);
  const taken = answers.filter((answer) => answer.what !== 'Trailer' && isTaken(answer));
  if (taken.length > 0)
    return failed(
      'refusals',
      taken.map(({ what, statuses, text }) => `${what}: ${statuses.join(' and ') || text}`).join('; '),
      'a request that can be read in two ways is served: something in front of the gate repairs it, or goes round it',
      'have the proxy in front refuse or pass on such requests as they are, and see that it sends to PORT',
    );
  const odd = answers.filter(
    ({ isSilent, statuses }) =>
      isSilent || statuses.some((status) => status >= 500 && status !== 501 && status !== 505),
  );
  if (odd.length > 0)
    return warned(
      'refusals',
      odd.map(({ what, statuses }) => `${what}: ${statuses.join(' and ') || 'no answer'}`).join('; '),
      'a bad request is neither refused nor closed, but makes something fail',
      'see the log of the gate under that moment, and of the proxy in front of it',
    );
  const byGate = answers.filter(({ text }) => problemCode(text.slice(text.indexOf('{'))) !== undefined);
  return passed(
    'refusals',
    `${VECTORS.length} hostile requests refused, ${byGate.length} of them by the gate, the rest by its edge or by closing`,
  );
}

async function sendVector(context: CheckContext, text: string): Promise<RawAnswer> {
  try {
    return await exchangeRaw(context, text);
  } catch (error) {
    if (context.signal.aborted) throw error;
    return { text: describeError(error), statuses: [], isSilent: true };
  }
}

function isTaken({ statuses, text }: RawAnswer): boolean {
  if (statuses.length === 0) return OWN_WORDS.test(text);
  return statuses.some((status) => status < 300 && status !== 100);
}
