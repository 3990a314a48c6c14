import { type Answer, ask } from '../ask.ts';
import type { CheckContext } from '../check-context.ts';
import { failed, passed, type Row, skipped, warned } from '../report.ts';
import type { Target } from '../target.ts';
import { FIRST_PATH, REDIRECTS } from './answers.ts';

/** Whether the clear is closed beside https: nothing listens there, or all it does is to lead to https. */
export async function checkRedirect(
  { target, signal, limits }: Omit<CheckContext, 'apiKey'>,
  plainPort = target.port === 443 ? 80 : undefined,
): Promise<Row | undefined> {
  if (!target.isSecure)
    return target.isHere
      ? undefined
      : warned(
          'redirect',
          `${target.origin} is plain http`,
          'keys and messages travel in the clear, for everyone on the way to read',
          'put https in front (the platforms do it by themselves), and call the kit by it',
        );
  if (plainPort === undefined)
    return skipped('redirect', `https is at port ${target.port}, so that plain http could be anywhere`);
  const plain: Target = {
    ...target,
    isSecure: false,
    port: plainPort,
    authority: new URL(target.origin).hostname,
  };
  const at = `http at port ${plainPort}`;
  let answer: Answer;
  try {
    answer = await ask(plain, FIRST_PATH, { withinMs: limits.answerMs, signal });
  } catch {
    return passed('redirect', `${at} answers nothing`); // Nobody can send a key where nothing answers.
  }
  if (!REDIRECTS.includes(answer.status)) {
    if (answer.status >= 400) return passed('redirect', `${at} refuses with ${answer.status}`);
    return warned(
      'redirect',
      `${at} answered ${answer.status} itself`,
      'who forgets the s sends the key in the clear',
      'have the proxy or the platform redirect http to https',
    );
  }
  const { location = '' } = answer.headers;
  const base = `http://${plain.authority}:${plainPort}`;
  const url = URL.canParse(String(location), base) ? new URL(String(location), base) : undefined;
  if (url?.origin === target.origin && `${url.pathname}${url.search}` === FIRST_PATH)
    return passed('redirect', `${at} leads to https with ${answer.status}, path and query kept`);
  return failed(
    'redirect',
    `${at} answered ${answer.status} with Location: ${location}`,
    'the redirect from http does not lead to the same path on https',
    `redirect to ${target.origin} with path and query kept`,
  );
}
