import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Answers, readResponses } from '../../../hostile/responses.ts';
import { undisturbed } from '../../undisturbed.ts';
import { PATIENCE_MS } from '../../until.ts';
import { describeGates, type GateUnderTest } from '../describe-gates.ts';
import { isRecentNginx } from '../gates.ts';
import { RawClient, route } from '../test-gate.ts';
import { type Case, cases } from './grammar.ts';
import { startScripted } from './scripted-service.ts';
import { faultOf } from './verdict.ts';

/** The same at each run, which judges a change and not chance. `SEED=… CASES=…` looks for new faults. */
const SEED = Number(process.env.SEED || 20_261);
/** The timeouts of a gate before a service that falls silent, and before one that does not. */
const TIMEOUT_MS = { silent: 1_000, other: 60_000 };
/** Far above the limits of both gates: only an exchange without an end takes so long. */
const NO_END_MS = PATIENCE_MS;
/** Connections at once. Those that wait for a timeout cost nothing. */
const AT_ONCE = { silent: 128, other: 32 };

/** Declares the test with this many random cases, or with `CASES`. */
export function describeEveryExchange(usualCases: number): void {
  describeGates('gate, before a service that answers anything', (gate) => declareTest(gate, usualCases));
}

function declareTest(gate: GateUnderTest, usualCases: number): void {
  const numRuns = Number(process.env.CASES || usualCases);
  it(`ends every exchange, and passes what HTTP allows byte for byte (${numRuns} cases, seed ${SEED})`, async () => {
    const withInterim = gate.differs('interim', { node: true, nginx: isRecentNginx });
    const all = fc.sample(cases(withInterim), { numRuns, seed: SEED });
    // A tunnel of nginx may be silent for an hour.
    const ending = gate.differs('tunnel', { node: all, nginx: all.map(closingUpgrade) });

    const answering = ending.filter((each) => !isSilent(each));
    await Promise.all([play(gate, answering, 'other'), play(gate, ending.filter(isSilent), 'silent')]);

    const share = (end: Case['expected']['end']): number =>
      all.filter(({ expected }) => expected.end === end).length / all.length;
    assert.ok(
      share('whole') > 0.2 && share('refused') > 0.2 && share('cut') > 0.2,
      'each kind is put to the test',
    );
  });
}

/** Plays cases before one gate: some on a connection of their own, some two on one connection. */
async function play(gate: GateUnderTest, list: readonly Case[], kind: 'silent' | 'other'): Promise<void> {
  await using service = await startScripted(
    (path) => list[Number(path.slice('/api/'.length))]?.script ?? { parts: [], end: 'reset' },
  );
  await using started = await gate.startTestGate(service, {
    routes: [route(service, { upgrade: true })],
    limits: { upstreamTimeoutMs: TIMEOUT_MS[kind], idleTimeoutMs: TIMEOUT_MS[kind] },
  });
  const connections = onConnections(list);
  // In the gate in TypeScript, the limits are also those of the client and of this process.
  const converseInTime = (indexes: readonly number[]): Promise<void> =>
    undisturbed(TIMEOUT_MS[kind], () => converse(gate, started.port, list, indexes));
  const converseInTurn = async (): Promise<void> => {
    for (let next = connections.shift(); next !== undefined; next = connections.shift())
      await converseInTime(next);
  };
  await Promise.all(Array.from({ length: AT_ONCE[kind] }, converseInTurn));
}

/** Which cases share a connection, by index. An upgrade shares none. */
function onConnections(list: readonly Case[]): number[][] {
  const connections: number[][] = [];
  for (let index = 0; index < list.length; index += 1) {
    const pair = [list[index], list[index + 1]];
    const isShared = index % 3 === 0 && pair.every((each) => each !== undefined && each.method !== 'UPGRADE');
    connections.push(isShared ? [index, index + 1] : [index]);
    if (isShared) index += 1;
  }
  return connections;
}

/** Sends requests on one connection, and waits until each is answered or the connection is closed. */
async function converse(
  gate: GateUnderTest,
  port: number,
  list: readonly Case[],
  indexes: readonly number[],
): Promise<void> {
  const played = indexes.flatMap((index) => list[index] ?? []);
  const methods = played.map(({ method }) => method);
  const read = (): Answers => readResponses(client.received, methods, client.isClosed);
  using client = new RawClient(port);
  client.send(indexes.map((index) => requestOf(gate, list[index], index)).join(''));
  await client
    .wait(
      () => client.isClosed || read().responses.length >= played.length || read().isTunnel,
      'an end of the exchange',
      NO_END_MS,
    )
    .catch((error: unknown) => {
      throw new Error(`seed ${SEED}: an exchange has no end: ${transcript(played, client)}`, {
        cause: error,
      });
    });
  const refuses = gate.differs('broken', { node: true, nginx: false });
  const fault = faultOf(played, read().responses, client.received, refuses);
  assert.equal(fault, undefined, `seed ${SEED}: ${fault}: ${transcript(played, client)}`);
}

function requestOf(gate: GateUnderTest, each: Case | undefined, index: number): string {
  const isUpgrade = each?.method === 'UPGRADE';
  // After bytes that are no HTTP, nginx waits for the next request for as long as it keeps connections.
  const closes = gate.differs('broken', { node: false, nginx: each?.expected.end !== 'whole' });
  const connection = [isUpgrade ? 'Upgrade' : [], closes ? 'close' : []].flat().join(', ');
  const lines = [
    `${each?.method === 'HEAD' ? 'HEAD' : 'GET'} /api/${index} HTTP/1.1`,
    'Host: h',
    connection === '' ? [] : `Connection: ${connection}`,
    isUpgrade ? UPGRADE_LINES : [],
  ];
  return `${lines.flat().join('\r\n')}\r\n\r\n`;
}

const UPGRADE_LINES = [
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

function isSilent({ script }: Case): boolean {
  return script.end === 'hang';
}

function closingUpgrade(each: Case): Case {
  if (each.method !== 'UPGRADE' || !isSilent(each)) return each;
  return { ...each, script: { ...each.script, end: 'close' } };
}

function transcript(played: readonly Case[], client: RawClient): string {
  const sent = played.map(
    ({ method, kind, script }) =>
      `${method}, ${kind}: ${JSON.stringify(script.parts.map((part) => part.toString('latin1').slice(0, 400)))}`,
  );
  const until = client.isClosed ? 'until the connection was closed' : 'on a connection that is open';
  return ['', ...sent, `received ${until}: ${JSON.stringify(client.received.slice(0, 1_000))}`].join('\n');
}
