import { randomBytes } from 'node:crypto';
import type { Answer } from '../ask.ts';
import { askTarget, type CheckContext, describeAnswer, keyHeader } from '../check-context.ts';
import { failed, passed, type Row, skipped } from '../report.ts';

const PATH = '/api/whatsapp/status';

/** Who may call the api. */
export interface Access {
  /** It takes calls of this smoke test: it is open to all, or the key fits. */
  readonly isOpen: boolean;
  readonly row: Row;
}

/** Without a key 401, with a wrong one 401, with the right one 200; on loopback no key may be in force, unless one is known here. */
export async function checkKeys(context: CheckContext): Promise<Access> {
  const { isHere } = context.target;
  const [without, wrong, right] = await Promise.all([
    askTarget(context, PATH),
    askTarget(context, PATH, { headers: { 'x-api-key': randomBytes(24).toString('hex') } }),
    context.apiKey === undefined ? undefined : askTarget(context, PATH, { headers: keyHeader(context) }),
  ]);
  const told = [`without a key ${describeAnswer(without)}`, `with a wrong one ${describeAnswer(wrong)}`]
    .concat(right === undefined ? [] : `with the one of API_KEYS ${describeAnswer(right)}`)
    .join(', ');
  const fail = (cause: string, remedy: string, isOpen = false) => ({
    isOpen,
    row: failed('keys', `GET ${PATH}: ${told}`, cause, remedy),
  });
  if (without.status === 200)
    return isHere && wrong.status === 200 && context.apiKey === undefined
      ? { isOpen: true, row: skipped('keys', 'no key is in force, as the gate is bound to loopback') }
      : fail(
          'the api is open to everyone: anybody can read and send',
          'set API_KEYS in the deployment (openssl rand -hex 24), and see that no proxy adds a key to requests',
          true,
        );
  if (!isRefused(without))
    return fail(
      'the api does not answer as it should',
      'see the log of the api; 404 means that the gate has no route to it, 503 that it is starting',
      right?.status === 200,
    );
  if (!isRefused(wrong))
    return fail(
      'a key that nobody has set is not refused',
      'see whether a proxy in front answers in place of the kit, or adds a key',
      right?.status === 200,
    );
  if (right === undefined)
    return {
      isOpen: false,
      row: passed('keys', `GET ${PATH}: ${told}; the right one was not tried, as API_KEYS is not set here`),
    };
  if (right.status !== 200)
    return fail(
      'the first of API_KEYS here is none of the deployment',
      'set API_KEYS here, in the environment or in .env, to what the deployment has as its secret',
    );
  return { isOpen: true, row: passed('keys', `GET ${PATH}: ${told}`) };
}

/** With 429 where somebody else behind this address, or this very look again and again, has shown wrong keys. */
function isRefused({ status, text }: Answer): boolean {
  return status === 401 || (status === 429 && text.includes('"too_many_failures"'));
}
