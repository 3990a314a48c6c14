import { askTarget, type CheckContext, describeAnswer, LIMITS, type SmokeLimits } from './check-context.ts';
import { checkAnswers, LIVE_PATH } from './checks/answers.ts';
import { checkAnyHost, checkHealth } from './checks/health.ts';
import { checkInternalPaths, checkInternalPorts } from './checks/internals.ts';
import { type Access, checkKeys } from './checks/keys.ts';
import { checkLatency } from './checks/latency.ts';
import { checkRedirect } from './checks/redirect.ts';
import { checkRefusals } from './checks/refusals.ts';
import { checkRelease } from './checks/release.ts';
import { checkSend } from './checks/send.ts';
import { checkEvents, checkWebSocket } from './checks/streams.ts';
import { checkTls } from './checks/tls.ts';
import { describeError } from './connection.ts';
import { printable, withoutKeys } from './printable.ts';
import {
  failed,
  type Latency,
  passed,
  type Report,
  type Row,
  type RowName,
  rowNames,
  skipped,
} from './report.ts';
import { parseTarget, type Target } from './target.ts';

export interface SmokeOptions {
  /** One of the deployment's keys; without it what wants a key is not looked at. */
  readonly apiKey?: string | undefined;
  /** What `/health/live` must name; not compared unless given. */
  readonly expectRelease?: string | undefined;
  /** That a message could not be sent to a stand-in is then more than a remark. */
  readonly send?: boolean;
  /** Where plain http is beside https; port 80 beside 443, and not looked for otherwise. */
  readonly plainPort?: number;
  /** For all of it; what has not ended by then has failed. */
  readonly withinMs?: number;
  /** Instead of the default limits. */
  readonly limits?: Partial<SmokeLimits>;
}

const WITHIN_MS = 15_000;

/**
 * Looks at a deployment from outside: that it answers, refuses what it must, keeps its insides closed, and, on a sandbox,
 * sends and receives. Changes nothing and writes to nobody on real WhatsApp. Never rejects for what the deployment does;
 * throws UrlError for what is no URL of one. Ends in time.
 */
export async function smoke(url: string, options: SmokeOptions = {}): Promise<Report> {
  const startedAt = performance.now();
  const first = parseTarget(url);
  const { target = first, rows, latency } = await lookAt(first, options);
  const ordered = rowNames.map(
    (name) =>
      rows.find((row) => row.name === name) ?? skipped(name, 'not looked at, as the kit was not reached'),
  );
  const keys = options.apiKey === undefined ? [] : [options.apiKey];
  return {
    url: target.origin,
    ok: !rows.some(({ state }) => state === 'failed'),
    rows: ordered.map((row) => clean(row, keys)),
    ...(latency === undefined ? {} : { latency }),
    took_ms: Math.round(performance.now() - startedAt),
  };
}

interface Findings {
  readonly target?: Target;
  readonly rows: readonly Row[];
  readonly latency?: Latency;
}

async function lookAt(first: Target, options: SmokeOptions): Promise<Findings> {
  const limits: SmokeLimits = { ...LIMITS, ...options.limits };
  const signal = AbortSignal.timeout((options.withinMs ?? WITHIN_MS) - limits.lastMs);
  const { target, release, rows } = await checkAnswers({ target: first, signal, limits });
  if (target === undefined) return { rows };
  const context: CheckContext = { target, apiKey: options.apiKey, signal, limits };
  let latency: Latency | undefined;
  // By itself: beside everything else it would measure this program.
  const latencyRow = await runCheck('latency', async () => {
    const measured = await checkLatency(context);
    latency = measured.latency;
    return measured.row;
  });
  const access = await findAccess(context);
  const closed = (name: RowName) =>
    skipped(
      name,
      access.row.state === 'failed' ? 'not looked at: the api is not open to us, see keys' : NO_KEY,
    );
  const opened = (name: RowName, check: () => Promise<Row>) =>
    access.isOpen ? runCheck(name, check) : Promise.resolve(closed(name));
  const looked = await Promise.all([
    runCheck('redirect', async () => (await checkRedirect(context, options.plainPort)) ?? NO_REDIRECT),
    runCheck('tls', () => checkTls(context)),
    runCheck('health', () => checkHealth(context)),
    runCheck('any-host', () => checkAnyHost(context)),
    runCheck('refusals', () => checkRefusals(context)),
    runCheck('internal-paths', () => checkInternalPaths(context)),
    runCheck('internal-ports', () => checkInternalPorts(context)),
    opened('events', () => checkEvents(context)),
    opened('websocket', () => checkWebSocket(context)),
    opened('send', () => checkSend(context, options.send === true)),
  ]);
  const last = await runCheck('still-answers', () => checkStillAnswers(context));
  // The way here stands first: a redirect that was followed is the one to tell of.
  const all = [
    ...rows,
    checkRelease(release, options.expectRelease),
    access.row,
    ...looked,
    latencyRow,
    last,
  ];
  return { target, rows: all, ...(latency === undefined ? {} : { latency }) };
}

const NO_KEY = 'not looked at: it wants a key; set API_KEYS here, in the environment or in .env';
const NO_REDIRECT = skipped('redirect', 'plain http on this machine leads nowhere else');

async function findAccess(context: CheckContext): Promise<Access> {
  let isOpen = false;
  const row = await runCheck('keys', async () => {
    const access = await checkKeys(context);
    isOpen = access.isOpen;
    return access.row;
  });
  return { isOpen, row };
}

/** A check that breaks off has failed: with what broke it. */
async function runCheck(name: RowName, check: () => Promise<Row>): Promise<Row> {
  try {
    return await check();
  } catch (error) {
    return failed(
      name,
      describeError(error),
      'it did not come to an end, though the kit had answered before',
      'see the log of the deployment at this moment, and the limits of the proxy in front of it',
    );
  }
}

/** After everything: nothing of it may have ended the gate. */
async function checkStillAnswers({ target, limits }: CheckContext): Promise<Row> {
  const context: CheckContext = {
    target,
    apiKey: undefined,
    signal: AbortSignal.timeout(limits.lastMs),
    limits,
  };
  const [live, health] = await Promise.all([askTarget(context, LIVE_PATH), askTarget(context, '/health')]);
  const told = `${LIVE_PATH} answered ${describeAnswer(live)}, /health ${describeAnswer(health)}`;
  if (live.status === 200 && health.status === 200) return passed('still-answers', told);
  return failed(
    'still-answers',
    told,
    'it answered before the hostile requests and does not after',
    'see the log for a crash, and report the request that caused it',
  );
}

/** What a stranger has said goes to a terminal or a log: plain, and without the key it may have been sent back with. */
function clean(row: Row, keys: readonly string[]): Row {
  // Before it may be cut, and after what hid it is gone.
  const plain = (text: string) => withoutKeys(printable(withoutKeys(text, keys)), keys);
  return {
    ...row,
    evidence: plain(row.evidence),
    ...(row.cause === undefined ? {} : { cause: plain(row.cause) }),
    ...(row.remedy === undefined ? {} : { remedy: plain(row.remedy) }),
  };
}
