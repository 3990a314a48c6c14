import type { Answer } from '../ask.ts';
import { type Check, type Finding, found, good } from '../check.ts';
import { belongsHere, type Context } from '../context.ts';
import { identifyResponder, responderRemedy } from '../responder.ts';

/** Where Railway asks for health, under this very name: no check of Host may turn it away. */
const FOREIGN_HOST = 'healthcheck.railway.app';

/** Whether the kit answers where the world, or this machine, asks it. */
export const publicAddress: Check = {
  id: 'public-address',
  title: 'Public address',
  group: 'Reached',
  where: 'both',
  finds: '"application failed to respond", connection refused, 502, 503 or 504 of the platform, a timeout',
  run: async (context) => {
    if (context.isLocal && !belongsHere(context, 'public-port')) return [];
    return judgeAnswer(await context.ask('/health/live'), context);
  },
};

type Asked = Pick<Context, 'origin' | 'isLocal'>;

export function judgeAnswer(answer: Answer, { origin, isLocal }: Asked): Finding[] {
  if (answer.kind === 'none') return [judgeSilence(answer, { origin, isLocal })];
  const { status, tookMs } = answer;
  const { who, sign } = identifyResponder(answer);
  const evidence = [
    `GET /health/live: ${status} in ${tookMs} ms`,
    `answered by ${who === 'unknown' ? 'nobody known' : who}: ${sign}`,
  ];
  if (status >= 300 && status < 400) return [judgeRedirect(answer, origin, evidence)];
  if (who === 'gatehouse' && status === 200) return good(`GET /health/live: 200 in ${tookMs} ms, ${sign}`);
  if (who === 'gatehouse')
    return [
      found(
        'warning',
        evidence,
        'the gate stands, and turns this question away',
        status === 429
          ? 'ask less often, or raise GATE_CLIENT_RATE'
          : 'docs/errors.md tells what the code means',
      ),
    ];
  return [
    found(
      'error',
      evidence,
      who === 'unknown'
        ? 'something else than Gatehouse answers there'
        : `${who} answers in place of the kit: it does not reach it, or there is none at this address`,
      responderRemedy(who),
    ),
  ];
}

function judgeSilence(
  { failure, detail }: Extract<Answer, { kind: 'none' }>,
  { origin, isLocal }: Asked,
): Finding {
  const evidence = `GET /health/live at port ${origin.port || (origin.protocol === 'https:' ? '443' : '80')}: ${detail}`;
  const causes: Readonly<Record<typeof failure, readonly [cause: string, remedy: string]>> = {
    refused: [
      isLocal ? 'nothing listens on PORT' : 'nothing listens at that address and port',
      isLocal
        ? 'start the kit; if it runs, see "PORT is bound"'
        : 'start the kit there; publish its PORT (docker: -p 8080:8080); let GATE_HOST be 0.0.0.0',
    ],
    timeout: [
      'what listens there takes the connection and says nothing, or a firewall swallows it',
      isLocal
        ? 'see who holds PORT under "PORT is bound": a stopped (SIGSTOP) or overloaded process does this'
        : "see the firewall and the platform's log; a sleeping service may need a minute for its first answer",
    ],
    name: ['the name has no address', 'check the spelling and the DNS record; a new one may take an hour'],
    certificate: [
      'TLS does not hold',
      'renew the certificate, or use the name that it is for; for a kit without a proxy use http://',
    ],
    unreachable: ['there is no way to that address', 'check the network, the address and its family (IPv6?)'],
    broken: [
      'the connection was cut, or what came is no HTTP',
      'check that the port is that of the gate, and speaks http rather than https',
    ],
  };
  return found('error', evidence, ...causes[failure]);
}

function judgeRedirect(
  { headers, status }: Extract<Answer, { kind: 'answer' }>,
  origin: URL,
  evidence: readonly string[],
): Finding {
  const target = URL.parse(headers.location ?? '', origin);
  const shown = [...evidence, `${status} to ${target === null ? 'nowhere' : target.origin}`];
  const toTls =
    origin.protocol === 'http:' && target?.protocol === 'https:' && target.hostname === origin.hostname;
  return toTls
    ? found(
        'warning',
        shown,
        'the platform sends http to https; a POST that follows becomes a GET, and its body is lost',
        `call https:// directly: gatehouse doctor ${target.origin}`,
      )
    : found(
        'error',
        shown,
        'the health path is redirected: Railway wants exactly 200, Fly a 2xx, and they take the kit for dead',
        'let /health and /health/live pass the proxy without redirect, login or check of Host',
      );
}

/** Whether health is told under any name, as platforms ask for it. */
export const healthPath: Check = {
  id: 'health-path',
  title: 'Health path',
  group: 'Reached',
  where: 'both',
  finds: 'deploys that never become healthy: /health redirects, wants a key, or checks Host',
  run: async ({ ask, isLocal }) => {
    // Under another name an edge would find another app.
    const answers = [
      ['/health', await ask('/health')],
      ...(isLocal
        ? [[`/health with Host: ${FOREIGN_HOST}`, await ask('/health', { host: FOREIGN_HOST })] as const]
        : []),
    ] as const;
    return judgeHealthPath(answers);
  },
};

export function judgeHealthPath(answers: readonly (readonly [path: string, answer: Answer])[]): Finding[] {
  const findings = answers.flatMap(([path, answer]) => {
    if (answer.kind === 'none' || identifyResponder(answer).who !== 'gatehouse') return []; // Told above.
    const evidence = `GET ${path}: ${answer.status} in ${answer.tookMs} ms`;
    if (answer.status === 200) return [{ severity: 'good', evidence: [evidence] } as const];
    return [
      answer.status === 503
        ? found(
            'error',
            evidence,
            'the api takes no work yet, or no more: platforms hold the deploy back',
            'see "Services" below',
          )
        : found(
            'error',
            evidence,
            'the platform takes the kit for dead',
            'let /health through without key, redirect or check of Host',
          ),
    ];
  });
  return findings.every(({ severity }) => severity === 'good') && findings.length > 0
    ? good(`${findings.length === 1 ? '200' : '200 under any Host'}, no redirect`)
    : findings.filter(({ severity }) => severity !== 'good');
}
