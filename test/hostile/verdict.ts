import { SECRET } from '../support/gate/test-gate.ts';
import { describeSeen, PUBLIC_ZONES, type Seen } from './backends/seen.ts';
import type { Transcript } from './client.ts';
import { headerFaults } from './crossing.ts';
import type { Differences } from './differences.ts';
import { judgeRequest, type Opinion } from './oracle.ts';
import { headerOf, type ReadResponse } from './responses.ts';
import { type Reading, type ReadRequest, valuesOf } from './strict-reading.ts';
import { exposedAt, MAX_HEADER_BYTES } from './topology.ts';

/** One case: what was sent, what came back, and what the backend saw of it. */
export interface Evidence {
  readonly address: string;
  readonly reading: Reading;
  readonly transcript: Transcript;
  readonly seen: readonly Seen[];
  readonly differences: Differences;
}

/** What does not hold, in words; empty when all does. */
export function findFaults({ address, reading, transcript, seen, differences }: Evidence): string[] {
  const sent = [...reading.requests, ...(reading.cut === undefined ? [] : [reading.cut])].map(
    (request, index): Sent => ({
      request,
      opinion:
        differences.sharesHeaderRoom && isLate(reading, index)
          ? inDoubt(judgeRequest(request))
          : judgeRequest(request),
      isWhole: index < reading.requests.length,
      seen: undefined,
    }),
  );
  const faults: string[] = [];
  for (const each of seen) {
    faults.push(...exposureFaults(each));
    const alike = sent.filter((candidate) => candidate.seen === undefined && isSame(candidate, each));
    const source = alike.find(({ request }) => caseOf(request) === each.caseId) ?? alike[0];
    if (source === undefined) {
      faults.push(`the service saw what was not sent: ${describeSeen(each)}`);
      continue;
    }
    source.seen = each;
    if (source.opinion.verdict === 'never' && !isOverLimit(source, each))
      faults.push(`the service saw what should be refused (${source.opinion.why}): ${describeSeen(each)}`);
    if (source.opinion.verdict === 'own')
      faults.push(`the service saw what is the gate's own: ${describeSeen(each)}`);
    faults.push(...headerFaults(source.request, source.isWhole, each, address, differences));
  }
  faults.push(...answerFaults(sent, reading, transcript, differences));
  return faults;
}

/** The requests before it have filled much of the room for headers. */
function isLate({ requests }: Reading, index: number): boolean {
  const before = requests
    .slice(0, index + 1)
    .reduce((sum, { headBytes, body }) => sum + headBytes + body.length, 0);
  return index > 0 && before > MAX_HEADER_BYTES / 2;
}

function inDoubt(opinion: Opinion): Opinion {
  return opinion.verdict === 'must' ? { ...opinion, verdict: 'may' } : opinion;
}

interface Sent {
  readonly request: ReadRequest;
  readonly opinion: Opinion;
  readonly isWhole: boolean;
  seen: Seen | undefined;
}

/** The service's own view of the path counts, not ours. */
function exposureFaults(seen: Seen): string[] {
  if (PUBLIC_ZONES.has(seen.zone) && exposedAt(seen.resolved) !== undefined) return [];
  return [`reached a part that is not exposed (${seen.zone}, ${seen.resolved}): ${describeSeen(seen)}`];
}

function isSame({ request, opinion, isWhole }: Sent, seen: Seen): boolean {
  if (seen.method !== request.method || seen.target !== opinion.target) return false;
  const isBodyRight = seen.isWhole
    ? isWhole && seen.body === request.body
    : request.body.startsWith(seen.body);
  return isBodyRight && isNamedAlike(request, seen);
}

function isNamedAlike(request: ReadRequest, seen: Seen): boolean {
  const named = caseOf(request);
  return seen.caseId === '-' || named === undefined || named === seen.caseId;
}

function caseOf({ headers }: ReadRequest): string | undefined {
  return valuesOf(headers, 'x-case')[0];
}

/** A body over the limit is cut as it streams: the service has begun to see it. */
function isOverLimit({ opinion }: Sent, seen: Seen): boolean {
  return opinion.why === 'the length of the body' && !seen.isWhole;
}

function answerFaults(
  sent: readonly Sent[],
  reading: Reading,
  transcript: Transcript,
  differences: Differences,
): string[] {
  const { responses, rest, isTunnel, isFinished, received } = transcript;
  const faults: string[] = [];
  if (received.includes(SECRET)) faults.push('the client was told the boot secret');
  const isSilent = differences.isSilentBehindUpgrades && offersUpgrade(sent[responses.length]);
  if (!isFinished && !isSilent) faults.push('no answer, or no end, in time');
  const most = reading.requests.length + (reading.end === 'clean' ? 0 : 1);
  if (responses.length > most) faults.push(`${responses.length} answers to ${most} requests`);
  const last = responses.length - 1;
  if (
    rest !== '' &&
    !isCutAnswer(rest) &&
    !(
      differences.answersWithoutHead &&
      reading.end !== 'clean' &&
      /^\{"type":"urn:gatehouse:error/.test(rest)
    ) &&
    !isUnreadHead(sent[last], responses[last])
  )
    faults.push(`what came back is no HTTP: ${JSON.stringify(rest.slice(0, 80))}`);
  for (const [index, response] of responses.entries())
    faults.push(
      ...responseFaults(sent[index], response, differences).map((fault) => `answer ${index + 1}: ${fault}`),
    );
  if (!isTunnel) faults.push(...missingAnswers(sent, reading, responses));
  return faults;
}

function offersUpgrade(sent: Sent | undefined): boolean {
  return sent !== undefined && valuesOf(sent.request.headers, 'upgrade').length > 0;
}

/** Where the gate could not read a request, it cannot know that it was a HEAD. */
function isUnreadHead(sent: Sent | undefined, response: ReadResponse | undefined): boolean {
  if (sent?.request.method !== 'HEAD' || sent.opinion.verdict === 'must' || response === undefined)
    return false;
  return (
    headerOf(response.head, 'connection') === 'close' && headerOf(response.head, 'x-request-id') === undefined
  );
}

function isCutAnswer(rest: string): boolean {
  return 'HTTP/1.1 '.startsWith(rest.slice(0, 9));
}

function responseFaults(
  sent: Sent | undefined,
  { status, head, body }: ReadResponse,
  differences: Differences,
): string[] {
  const saw = headerOf(head, 'x-saw');
  const line = JSON.stringify(head.split('\r\n')[0]);
  if (saw !== undefined) {
    if (status === 400 && sent !== undefined && sent.opinion.verdict !== 'must') return [];
    if (sent?.seen === undefined) return [`${line} came from the service, which saw no such request`];
    if (saw !== sent.seen.caseId) return [`${line} is the answer to another request (${saw})`];
    return status === 200 || status === 101 ? [] : [`${line} came from the service`];
  }
  if (status < 400) return sent?.opinion.verdict === 'own' ? [] : [`${line} of the gate itself`];
  if (status === differences.statusOfBroken && sent?.isWhole !== true) return [];
  if (status >= 500 && status !== 508) return [`${line}: gate and service do not read alike`];
  if (sent?.opinion.verdict === 'must' && sent.isWhole) return [`${line} to a request in order: ${body}`];
  if (sent?.request.method === 'HEAD') return [];
  const isProblem =
    headerOf(head, 'content-type') === 'application/problem+json' && /"code":"\w+"/.test(body);
  return isProblem ? [] : [`${line} gives no reason: ${JSON.stringify(body.slice(0, 80))}`];
}

/** Up to the first request that is not in order, or closes the connection, each must have come through. */
function missingAnswers(
  sent: readonly Sent[],
  reading: Reading,
  responses: readonly ReadResponse[],
): string[] {
  for (const [index, { opinion, isWhole, request, seen }] of sent.entries()) {
    const answer = responses[index];
    const isOwn = opinion.verdict === 'own' && answer !== undefined && answer.status < 400;
    if ((opinion.verdict !== 'must' && !isOwn) || !isWhole) return [];
    if (answer === undefined || (seen === undefined && !isOwn))
      return [`no answer to request ${index + 1} of ${reading.requests.length}, which is in order`];
    if (request.version === '1.0' || isLast(request, answer)) return [];
  }
  return [];
}

function isLast(request: ReadRequest, response: ReadResponse): boolean {
  return (
    valuesOf(request.headers, 'connection').some((value) => /\bclose\b/i.test(value)) ||
    /close/i.test(headerOf(response.head, 'connection') ?? '')
  );
}
