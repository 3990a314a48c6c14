import { headerOf, type ReadResponse } from '../../../hostile/responses.ts';
import type { Case } from './grammar.ts';

/**
 * Says what is wrong with the responses that a client received on one connection, or nothing. `refuses`: the gate answers
 * 502 to a head that HTTP does not allow (nginx passes some, see `broken` in services/gate/contract/gate-differences.ts).
 */
export function faultOf(
  cases: readonly Case[],
  responses: readonly ReadResponse[],
  received: string,
  refuses: boolean,
): string | undefined {
  if (refuses && !STRICT_HEAD.test(received)) return 'the client got a head that HTTP does not allow';
  let mayBeLost = false;
  for (const [index, each] of cases.entries()) {
    const response = responses[index];
    const { end } = each.expected;
    const mustCome = end === 'whole' || (end === 'refused' && refuses);
    const fault =
      response === undefined ? mustCome && !mayBeLost && 'no answer came' : judge(each, response, refuses);
    if (fault) return `${fault} (request ${index + 1})`;
    mayBeLost ||= !mustCome;
  }
  return undefined;
}

function judge({ method, expected }: Case, response: ReadResponse, refuses: boolean): string | undefined {
  if (refuses && !STRICT_HEAD.test(`${response.head}\r\n\r\n`)) return 'a head that HTTP does not allow';
  const isRefusal = /^50[024]$/.test(String(response.status)) && response.body.includes('"code"');
  if (expected.end === 'refused') {
    return refuses && response.status !== 502 ? 'a head that HTTP does not allow passed' : undefined;
  }
  if (expected.end === 'cut')
    return method === 'HEAD' || isRefusal ? undefined : 'a cut response looks whole';
  if (expected.end === 'any') return undefined;
  const { status, phrase, headers } = expected.head;
  const [statusLine = '', ...lines] = response.head.split('\r\n');
  const own = lines.filter((line) => /^x-own-/i.test(line));
  const got = [statusLine, ...inOneOrder(own), method === 'HEAD' ? '' : contentOf(response)];
  const sent = inOneOrder(headers.map(([name, value]) => `${name}: ${value}`));
  const wanted = [`HTTP/1.1 ${status} ${phrase}`, ...sent, method === 'HEAD' ? '' : expected.body];
  return JSON.stringify(got) === JSON.stringify(wanted)
    ? undefined
    : `not what was sent: ${JSON.stringify(got)}`;
}

/** Header lines in one order, with their names in lower case. */
function inOneOrder(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/^[^:]*/, (name) => name.toLowerCase())).sort();
}

/** The content of a body, without its chunks. */
function contentOf({ head, body }: ReadResponse): string {
  if (headerOf(head, 'transfer-encoding') !== 'chunked') return body;
  let content = '';
  for (let rest = body; ; ) {
    const [line = '', digits = '0'] = /^([0-9a-fA-F]+)\r\n/.exec(rest) ?? [];
    const size = Number.parseInt(digits, 16);
    if (size === 0) return content;
    content += rest.slice(line.length, line.length + size);
    rest = rest.slice(line.length + size + 2);
  }
}

/** Nothing at all, or a whole head that is right. Source: RFC 9112 §4 and §5. */
const STRICT_HEAD =
  /^(?:$|HTTP\/1\.1 [1-5][0-9]{2} [\t\x20-\x7e\x80-\xff]*\r\n(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*\r\n)/;
