import fc from 'fast-check';
import type { GateKind } from '../support/gate/gates.ts';
import { exchangeRaw } from '../support/gate/test-gate.ts';
import { type Arena, type BackendName, openArena } from './arena.ts';
import type { Seen } from './backends/seen.ts';
import { converse, type Transcript } from './client.ts';
import { DIFFERENCES } from './differences.ts';
import { bytesOf, type HostileCase, hostileCase, piecesOf } from './grammar/case.ts';
import { judgeRequest } from './oracle.ts';
import { describeFailure, type Failure } from './report.ts';
import { type Reading, readStrictly } from './strict-reading.ts';
import { Tally } from './tally.ts';
import { findFaults } from './verdict.ts';

export interface Attack {
  readonly kind: GateKind;
  readonly backend: BackendName;
  readonly seed: number;
  readonly cases: number;
  /** Runs this one of the cases and no other. */
  readonly only?: number | undefined;
  readonly onProgress?: (tally: Tally) => void;
  /** Ends it before its time. */
  readonly signal?: AbortSignal;
}

/** Connections at once. */
const LANES = 64;
/** Cases between two looks at what the backend saw, and at whether the gate lives. */
const BATCH = 320;
/** For a case that fails to be made smaller. */
const SHRINK_MS = 40_000;
/** Nothing new at the backend for that long, and nothing under way. */
const QUIET_MS = 40;
const MOST_WAITED_MS = 15_000;

/** Throws an error that tells the failing case, the smallest found, and how to run it again. */
export async function runAttack(attack: Attack): Promise<Tally> {
  const { seed, cases, only } = attack;
  await using arena = await openArena(attack.kind, attack.backend);
  const tally = new Tally();
  const all = fc.sample(hostileCase, { seed, numRuns: only === undefined ? cases : only + 1 });
  const numbered = all.map((hostile, index) => ({ hostile, index }));
  const chosen = only === undefined ? numbered : numbered.slice(only);
  for (let start = 0; start < chosen.length && attack.signal?.aborted !== true; start += BATCH) {
    const batch = chosen.slice(start, start + BATCH);
    const results = await runBatch(
      arena,
      batch.map(({ hostile }) => hostile),
      tally,
    );
    attack.onProgress?.(tally);
    const at = results.findIndex(({ faults }) => faults.length > 0);
    const result = results[at];
    if (result === undefined) continue;
    // What is no fault of one case stands behind those of the cases.
    const failed = batch[at];
    const smallest = failed === undefined ? undefined : await shrink(arena, seed, failed.index);
    throw new Error(describeFailure(attack, failed?.index, smallest ?? result));
  }
  return tally;
}

/** Sends cases side by side, and judges each once the backend has come to rest. */
export async function runBatch(
  arena: Arena,
  cases: readonly HostileCase[],
  tally: Tally,
): Promise<Failure[]> {
  const queue = cases.map((hostile): Passage => ({ hostile, ...nextIdentity() }));
  const waiting = [...queue];
  async function runLane(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await send(arena, next);
  }
  await Promise.all(Array.from({ length: LANES }, runLane));
  const arenaFaults = await rest(arena);
  const results = queue.map((passage): Failure => {
    const { address, caseId, text = '', reading, transcript } = passage;
    const seen = arena.seen.get(address) ?? [];
    arena.seen.delete(address);
    if (reading === undefined || transcript === undefined)
      return { text, caseId, faults: ['no connection'], received: '', seen };
    const differences = DIFFERENCES[arena.gateName];
    const faults = findFaults({ address, reading, transcript, seen, differences });
    tally.add(reading, transcript, seen);
    return { text, caseId, faults, received: transcript.received, seen };
  });
  const nameless = (arena.seen.get('') ?? []).filter(
    (seen) => !queue.some(({ reading }) => isRefusalOf(reading, seen)),
  );
  arena.seen.set('', nameless);
  for (const [address, seen] of arena.seen)
    arenaFaults.push(
      ...seen.map(({ method, target }) => `seen from ${address}, which sent nothing: ${method} ${target}`),
    );
  arena.seen.clear();
  if (arenaFaults.length > 0)
    results.push({ text: undefined, caseId: '', faults: arenaFaults, received: '', seen: [] });
  return results;
}

/** A service that stops reading at a header it refuses has not come to the one that says who sent it. */
function isRefusalOf(reading: Reading | undefined, seen: Seen): boolean {
  if (reading === undefined || !seen.isRefused) return false;
  const { requests, cut } = reading;
  return [...requests, ...(cut === undefined ? [] : [cut])].some((request) => {
    const { verdict, target } = judgeRequest(request);
    return verdict === 'may' && request.method === seen.method && target === seen.target;
  });
}

interface Passage {
  readonly hostile: HostileCase;
  readonly address: string;
  readonly caseId: string;
  text?: string;
  reading?: Reading;
  transcript?: Transcript;
}

async function send(arena: Arena, passage: Passage): Promise<void> {
  const { hostile, address, caseId } = passage;
  passage.text = bytesOf(hostile, caseId, arena.decoyPort);
  passage.reading = readStrictly(passage.text, DIFFERENCES[arena.gateName].liberties);
  passage.transcript = await converse(
    arena.gate.port,
    address,
    piecesOf(passage.text, hostile.cuts),
    passage.reading,
  );
}

let identities = 0;

/** An address of this machine that no other case has: the gate tells it to the backend, whatever the case says. */
function nextIdentity(): { address: string; caseId: string } {
  identities += 1;
  const number = (identities % 16_000_000) + 70_000;
  const address = `127.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  return { address, caseId: `c${identities.toString(36).padStart(7, '0')}` };
}

/** Waits until the backend has seen all it will, and tells what is wrong with no case in particular. */
async function rest(arena: Arena): Promise<string[]> {
  const faults: string[] = [];
  const unreadableIs = DIFFERENCES[arena.gateName].unreadable;
  const untilMs = performance.now() + MOST_WAITED_MS;
  let quietSinceMs = performance.now();
  while (performance.now() - quietSinceMs < QUIET_MS) {
    const { seen, unreadable, isBusy } = await arena.backend.collect();
    for (const each of seen) store(arena, each);
    faults.push(
      ...unreadable
        .filter((what) => !unreadableIs.test(what))
        .map((what) => `the service could not read what it got: ${what}`),
    );
    if (isBusy || seen.length > 0) quietSinceMs = performance.now();
    if (performance.now() > untilMs) {
      faults.push(`the service has been busy for ${MOST_WAITED_MS} ms`);
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const { status } = await exchangeRaw(arena.gate.port, 'GET /api/alive HTTP/1.1\r\nHost: h.test\r\n\r\n');
  if (status !== 200) faults.push(`a request in order is answered ${status}`);
  if (arena.decoyVisits > 0) faults.push('the gate went where no route leads');
  faults.push(...arena.gateErrors.splice(0).map((line) => `the gate logged ${line}`));
  return faults;
}

function store(arena: Arena, seen: Seen): void {
  // The one that asks whether the gate lives.
  if (seen.address === '127.0.0.1' && seen.target === '/api/alive') return;
  const list = arena.seen.get(seen.address);
  if (list === undefined) arena.seen.set(seen.address, [seen]);
  else list.push(seen);
}

async function shrink(arena: Arena, seed: number, index: number): Promise<Failure | undefined> {
  let smallest: Failure | undefined;
  const property = fc.asyncProperty(hostileCase, async (hostile) => {
    const failure = (await runBatch(arena, [hostile], new Tally())).find(({ faults }) => faults.length > 0);
    if (failure === undefined) return;
    smallest = failure;
    throw new Error(failure.faults.join('; '));
  });
  await fc.check(property, { seed, path: String(index), numRuns: 1, interruptAfterTimeLimit: SHRINK_MS });
  return smallest;
}
