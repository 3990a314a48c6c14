import { z } from 'zod';
import { type Answer, ask, parseJson } from '../ask.ts';
import { type CheckContext, describeAnswer } from '../check-context.ts';
import { failed, passed, type Row } from '../report.ts';
import { parseTarget, type Target } from '../target.ts';
import { explainUnreachable } from '../unreachable.ts';

export const LIVE_PATH = '/health/live';
/** With a query, so that a redirect which loses it is seen. */
export const FIRST_PATH = `${LIVE_PATH}?from=smoke`;
const MOST_HOPS = 5;
export const REDIRECTS = [301, 302, 303, 307, 308];

const liveSchema = z.object({ status: z.literal('ok'), release: z.string().optional() });

export interface AnswersResult {
  /** Where the kit answers; undefined when it does not. */
  readonly target?: Target;
  readonly release?: string | undefined;
  readonly rows: readonly Row[];
}

/** Asks `/health/live`, and follows redirects on the same host, as from http to https: where they end, the rest is asked. */
export async function checkAnswers({
  target: first,
  signal,
  limits,
}: Omit<CheckContext, 'apiKey'>): Promise<AnswersResult> {
  const visited = [first.origin];
  for (let target = first; ; ) {
    let answer: Answer;
    try {
      answer = await ask(target, FIRST_PATH, { withinMs: limits.answerMs, signal });
    } catch (error) {
      const { evidence, cause, remedy } = explainUnreachable(target, error);
      return { rows: [failed('answers', evidence, cause, remedy)] };
    }
    if (!REDIRECTS.includes(answer.status)) return judge(target, answer, visited);
    const next = follow(target, answer, visited);
    if ('row' in next) return { rows: [next.row] };
    target = next.target;
    visited.push(target.origin);
  }
}

function follow(
  target: Target,
  answer: Answer,
  visited: readonly string[],
): { target: Target } | { row: Row } {
  const { location } = answer.headers;
  const told = `${target.origin}${FIRST_PATH} answered ${answer.status} with Location: ${location}`;
  const fail = (cause: string, remedy: string) => ({ row: failed('redirect', told, cause, remedy) });
  if (typeof location !== 'string' || !URL.canParse(location, target.origin))
    return fail('the redirect leads nowhere', 'mend the redirect of the proxy in front of the kit');
  const url = new URL(location, target.origin);
  if (`${url.pathname}${url.search}` !== FIRST_PATH)
    return fail(
      'the redirect loses the path or the query',
      'redirect to the same path and query: the kit itself never redirects, so it is a rule of the proxy in front',
    );
  if (!/^https?:$/.test(url.protocol) || url.hostname !== new URL(target.origin).hostname)
    return fail(
      'the deployment redirects to another host, to which no key is sent',
      `if ${url.host} is yours, run: gatehouse smoke ${url.protocol}//${url.host}`,
    );
  if (visited.includes(url.origin) || visited.length > MOST_HOPS)
    return fail(
      'the redirects go round in a circle',
      'let one place redirect: where the platform already ends TLS and calls the kit by http, no proxy behind it may send to https again',
    );
  if (target.isSecure && url.protocol === 'http:')
    return fail(
      'it redirects from https to http, where keys travel in the clear',
      'remove that redirect from the proxy in front of the kit',
    );
  return { target: parseTarget(url.origin) };
}

function judge(target: Target, answer: Answer, visited: readonly string[]): AnswersResult {
  const redirect =
    visited.length === 1
      ? []
      : [passed('redirect', `${visited.join(' → ')}, path and query kept; the rest was asked there`)];
  const live = liveSchema.safeParse(parseJson(answer.text)).data;
  if (answer.status === 200 && live !== undefined) {
    const told = `GET ${LIVE_PATH} answered 200 in ${Math.round(answer.tookMs)} ms`;
    return { target, release: live.release, rows: [...redirect, passed('answers', told)] };
  }
  const evidence = `GET ${LIVE_PATH} answered ${describeAnswer(answer)}: ${answer.text.slice(0, 120)}`;
  const row =
    answer.status === 200
      ? failed(
          'answers',
          evidence,
          'something answers there, but not as the kit does',
          'see that the domain leads to the kit, and that no cache or page of the platform answers for it',
        )
      : failed(
          'answers',
          evidence,
          'the platform or a proxy answers, and the gate is not reached',
          'see in the log of the deployment that "gate listening" is there, and that the platform sends to the PORT it names',
        );
  return { rows: [...redirect, row] };
}
