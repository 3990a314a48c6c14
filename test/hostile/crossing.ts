import { SECRET } from '../support/gate/test-gate.ts';
import { describeSeen, type Seen } from './backends/seen.ts';
import type { Differences } from './differences.ts';
import { comparable, crossing, HOP_BY_HOP, isOfTheGate, nominated } from './oracle.ts';
import { type Header, type ReadRequest, valuesOf } from './strict-reading.ts';
import { exposedAt } from './topology.ts';

/**
 * What is wrong with the headers that a service saw: those of the client must be there, each as it was and in order, less
 * those that end at the gate; and those of the gate must be its own.
 */
export function headerFaults(
  request: ReadRequest,
  isWhole: boolean,
  seen: Seen,
  address: string,
  differences: Differences,
): string[] {
  const faults: string[] = [];
  const isUpgrade = valuesOf(seen.headers, 'upgrade').length > 0;
  const mayUpgrade =
    exposedAt(seen.target.replace(/\?.*$/s, ''))?.upgrade === true &&
    valuesOf(request.headers, 'upgrade').some((value) => value.toLowerCase() === 'websocket');
  if (isUpgrade && !mayUpgrade) faults.push('an upgrade crossed');
  for (const [name, value] of seen.headers) {
    const plain = comparable(name);
    if (plain === 'connection' && /^(?:close|keep-alive|upgrade)$/i.test(value)) continue;
    if (plain === 'transfer-encoding' && value === 'chunked' && request.framing === 'chunked') continue;
    if (plain === 'upgrade' && isUpgrade && value.toLowerCase() === 'websocket') continue;
    if (HOP_BY_HOP.has(plain)) faults.push(`a hop-by-hop header crossed: ${name}: ${value}`);
    else if (isOfTheGate(plain))
      faults.push(...ownHeaderFaults(request, isWhole, [name, value], address, differences));
  }
  for (const name of ['x-real-ip', 'x-forwarded-for', 'x-gatehouse-secret']) {
    const { length } = seen.headers.filter(([each]) => comparable(each) === name);
    if (length !== 1) faults.push(`${name} stands there ${length} times`);
  }
  const via = valuesOf(seen.headers, 'via').at(-1);
  if (seen.hasAllHeaders && !/(?:^|, )1\.[01] gatehouse$/.test(via ?? '')) faults.push(`Via is ${via}`);
  if (seen.trailers > 0) faults.push('trailers crossed');
  if (seen.hasAllHeaders) {
    const lines = request.headers.filter(([name]) => name.toLowerCase() === 'connection');
    const named = nominated(differences.connectionLines === 'all' ? lines : lines.slice(0, 1));
    const expected = crossing(request.headers, new Set(named)).filter(
      ([name]) => !differences.dropsHeader(name),
    );
    const got = crossing(seen.headers, new Set());
    const form = isUpgrade && differences.joinsInUpgrades ? joined : lowered;
    if (JSON.stringify(form(got)) !== JSON.stringify(form(expected)))
      faults.push(`headers were changed: ${JSON.stringify(expected)} became ${JSON.stringify(got)}`);
  }
  return faults.map((fault) => `${fault}: ${describeSeen(seen)}`);
}

function ownHeaderFaults(
  { headers, body }: ReadRequest,
  isWhole: boolean,
  [name, value]: Header,
  address: string,
  differences: Differences,
): string[] {
  const wrong = [`${name}: ${value} is not the gate's`];
  switch (name.toLowerCase()) {
    case 'x-gatehouse-secret':
      return value === SECRET ? [] : wrong;
    case 'x-real-ip':
    case 'x-forwarded-for':
      return value === address ? [] : wrong;
    case 'x-forwarded-proto':
      return value === 'http' ? [] : wrong;
    case 'forwarded':
      return value.startsWith(`for=${address};`) ? [] : wrong;
    case 'content-length':
      return Number(value) === (isWhole ? body.length : Number(valuesOf(headers, 'content-length')[0]))
        ? []
        : wrong;
    case 'via':
      return [];
    case 'host':
      return value === valuesOf(headers, 'host')[0] || valuesOf(headers, 'host').length === 0 ? [] : wrong;
    case 'x-request-id':
    case 'traceparent':
      return value.includes(FORGED) ? wrong : [];
    case 'x-forwarded-host':
    case 'x-forwarded-port':
      return value.includes('evil') || value === '666' ? wrong : [];
    default:
      return differences.passesFamily.test(name) ? [] : wrong;
  }
}

/** Stands in each id that a hostile client makes up. */
export const FORGED = 'f0f0f0f0';

function lowered(headers: readonly Header[]): Header[] {
  return headers.map(([name, value]) => [name.toLowerCase(), value.trim()]);
}

/** The lines of one name as one. Source: RFC 9110 §5.3. */
function joined(headers: readonly Header[]): Header[] {
  const lines = lowered(headers);
  return [...new Set(lines.map(([name]) => name))].map((name) => [
    name,
    valuesOf(lines, name)
      .join(name === 'cookie' ? '; ' : ', ')
      .trim(),
  ]);
}
