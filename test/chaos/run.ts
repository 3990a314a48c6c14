import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandOf } from '../../services/runtime/process/process-table.ts';
import { PostgresServer } from '../support/api/postgres-server.ts';
import { Accounts } from './accounts/ownership.ts';
import { call, causeOf } from './call.ts';
import { Diary } from './diary.ts';
import { readLog } from './event-pages.ts';
import { Follower } from './follower.ts';
import { KitUnderFire } from './kit-under-fire.ts';
import type { ChaosOptions } from './options.ts';
import { People, type Written } from './people.ts';
import { peopleOf } from './people-at-kit.ts';
import { Progress } from './progress.ts';
import { collect, settle } from './quiet.ts';
import { Random } from './random.ts';
import { Receiver } from './receiver.ts';
import { type Report, writeReport } from './report.ts';
import type { Scenario, World } from './scenario.ts';
import { scenarios } from './scenarios.ts';
import { judge } from './verdict.ts';
import { find, kill, type Victim } from './victims.ts';
import { Writers } from './writers.ts';

/** Loud: what happens is also told on standard error. */
export interface RunOptions extends ChaosOptions {
  readonly isLoud?: boolean;
}

/** Longer than the kit waits for a page to load: a browser that dies at its start may cost it all of that. */
const DONE_WITHIN_MS = 150_000;

/** One run: the kit is started, written to and done things to, comes to rest, and is judged. Never throws for what it finds. */
export async function runChaos(options: RunOptions): Promise<Report> {
  const { scenario: name, seed } = options;
  const startedAt = performance.now();
  const diary = new Diary(`${name}-${seed}`, options.isLoud ?? false);
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-chaos-data-'));
  diary.note(`scenario ${name}, seed ${seed}, on ${options.database}, data in ${dataDir}`);
  const random = new Random(seed);
  let isGood = false;
  try {
    await using cleanup = new AsyncDisposableStack();
    const scenario: Scenario = cleanup.adopt(scenarios[name](dataDir, options.database), async (used) => {
      await used[Symbol.asyncDispose]?.();
    });
    const postgres =
      options.database === 'postgres'
        ? cleanup.use(await PostgresServer.start(['fsync=on'], scenario.databaseFolder))
        : undefined;
    const env = {
      ...scenario.env,
      ...(scenario.page === undefined ? {} : { SANDBOX_PAGE: scenario.page }),
      ...(postgres === undefined ? {} : { DATABASE_URL: postgres.url }),
    };
    const fire = cleanup.use(await KitUnderFire.start(dataDir, env, diary));
    await fire.kit.ready();
    const receiver = cleanup.use(await Receiver.start());
    for (const [hook, types] of [['all'], ['moody'], ['messages', ['message', 'message_sent']]] as const)
      await receiver.register(fire.origin, {
        name: hook,
        ...(types === undefined ? {} : { types }),
        isMoody: hook !== 'all',
        random: random.fork(`webhook ${hook}`),
      });
    const logBefore = (await readLog(fire.origin)).at(-1)?.seq ?? 0;
    const followers = [Follower.ofStream, Follower.ofSocket].map((follow) =>
      cleanup.use(follow(fire.origin, logBefore)),
    );

    const progress = new Progress(scenario.patienceMs);
    const { media, variety, firstPhone } = scenario;
    const recipients = scenario.recipients?.(options.chats);
    const numbers =
      recipients?.map(({ chatId }) => chatId) ??
      Array.from({ length: options.chats }, (_, index) => `1555${2_010_000 + index}@c.us`);
    const forms = recipients && new Map(recipients.map((each) => [each.chatId, each.forms]));
    const writers = new Writers({
      ...{ ...options, chats: numbers, origin: fire.origin, random, progress, diary, media, variety, forms },
    });
    const accounts = firstPhone === undefined ? undefined : new Accounts(firstPhone);
    const elsewhere: Written[] = [];
    // Some of those who are written to answer, and strangers write.
    const from = numbers
      .filter((_, index) => recipients !== undefined || index % 3 === 0)
      .concat('15553000001@c.us', '15553000002@c.us');
    const people = new People({
      origin: fire.origin,
      seed,
      messages: options.phoneMessages,
      from,
      random,
      progress,
      phone: accounts && (() => accounts.present),
    });
    const killed = new Map<Victim, number>();
    const away = random.fork('postgres');
    const world: World = {
      options,
      fire,
      random: random.fork('scenario'),
      progress,
      diary,
      writers,
      people,
      accounts,
      chats: numbers,
      elsewhere,
      killed,
      postgres,
      kill: async (victim) => {
        const hit = await kill(victim, fire, postgres, away.whole(0, 2_500));
        diary.note(`${hit ? 'killed' : 'nothing to kill:'} ${victim}`);
        if (hit) killed.set(victim, (killed.get(victim) ?? 0) + 1);
        return hit;
      },
      phone: (path, body) => ask(`${fire.origin}/sandbox/api/${path}`, body ?? {}),
      during: async (situation, act) => {
        writers.situation = situation;
        await act().finally(() => {
          writers.situation = 'usual';
        });
      },
    };
    await scenario.begin?.(world);
    const missed: string[] = [];
    let lastTroubleAt = '';
    await Promise.all([
      writers.run(),
      people.run(),
      scenario
        .trouble(world)
        .catch((error: unknown) => {
          missed.push(`the scenario itself broke off: ${causeOf(error)}`);
          diary.note(`the scenario broke off: ${error instanceof Error ? error.stack : error}`);
        })
        .finally(() => {
          lastTroubleAt = new Date().toISOString();
          progress.report('trouble', 1);
        }),
    ]);
    diary.note('all is written; waiting for quiet');
    const settleMs = scenario.patienceMs;
    const actors = { fire, writers, people, receiver, followers, diary, elsewhere, accounts, settleMs };
    const states = await settle(actors);
    const facts = await collect(actors, {
      ...{ states, logBefore, resists: name === 'resist' },
      passesDuplicates: scenario.page?.includes('deliversDuplicates') ?? false,
      accounts,
      people: await peopleOf(fire.origin, recipients ?? [], writers.accepted),
    });
    const browsers = find('browser', fire);
    const { code, left } = await fire.stop();
    const leftovers = [
      ...(browsers.length === 1 ? [] : [`${browsers.length} browsers ran at the end`]),
      ...(code === 0 ? [] : [`the kit ended with ${code}`]),
      ...left.map((pid) => `process ${pid}: ${commandOf(pid)}`),
    ];
    const findings = judge({ ...facts, leftovers });
    missed.push(...scenario.missed(world));
    const report: Report = {
      options,
      seconds: (performance.now() - startedAt) / 1_000,
      facts: { ...facts, leftovers },
      findings,
      missed,
      killed,
      lastTroubleAt,
      answers: writers.answers,
      starts: fire.starts,
      evidence: diary.folder,
    };
    writeReport(report, dataDir);
    isGood = findings.length === 0 && missed.length === 0;
    return report;
  } catch (error) {
    diary.note(`the run broke off: ${error instanceof Error ? error.stack : error}`);
    throw new Error(`the run broke off; evidence in ${diary.folder}, data in ${dataDir}`, { cause: error });
  } finally {
    if (isGood) rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
    else writeFileSync(join(diary.folder, 'data-folder'), dataDir);
  }
}

async function ask(url: string, body: object): Promise<void> {
  const until = performance.now() + DONE_WITHIN_MS;
  for (;;) {
    const problem = await call(url, { body }).then(
      ({ status, json }) => (status === 200 ? undefined : `${status} ${JSON.stringify(json)}`),
      causeOf,
    );
    if (problem === undefined) return;
    if (performance.now() > until) throw new Error(`POST ${url} was never done: ${problem}`);
    await sleep(100);
  }
}
