import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ForkedUpstream, forkUpstream } from '../../../support/gate/endurance/forked-upstream.ts';
import { type LoneGate, startLoneGate } from '../../../support/gate/endurance/lone-gate.ts';
import { GATES } from '../../../support/gate/gates.ts';
import { sayNotTested } from '../../../support/netns/say-what-lacks.ts';
import { tellFigures } from '../../../support/tell-figures.ts';

const ATTACKERS = 300;
const ATTACK_SECONDS = 10;
/** Else it is the copying of what they ask for, not their slowness, that others would wait for. */
const CONNECTIONS_PER_SECOND = 100;
const ASK_EVERY_MS = 100;
/** A client that is locked out waits for the timeouts of the attackers, which are 15 s and more. `make bench` has the speed. */
const LOCKED_OUT_MS = 12_000;
/** Another client than the attackers, which are 127.0.0.1. */
const SOMEBODY_ELSE = '127.0.0.2';

/** Options of slowhttptest beside those that all have. */
const SLOW_REQUESTS = [
  ['headers that come slowly', '/api/hello', ['-H', '-i', '1', '-x', '24']],
  ['bodies that come slowly', '/api/hello', ['-B', '-i', '1', '-x', '10', '-s', '8192', '-t', 'POST']],
] as const;
const SLOW_READS = [
  ['answers that are read slowly', '/api/large', ['-X', '-w', '512', '-y', '1024', '-n', '1', '-z', '32']],
] as const;

/** The attacks of a round run at once, each on a gate of its own, as it is the waiting that takes their time. */
const ROUNDS = [
  GATES.flatMap((gate) => SLOW_REQUESTS.map((attack) => [gate, ...attack] as const)),
  // Alone, as what is copied for the attackers takes turns from others.
  ...GATES.map((gate) => SLOW_READS.map((attack) => [gate, ...attack] as const)),
];

describe('gate, against slowhttptest', () => {
  if (spawnSync('slowhttptest', ['-h']).error !== undefined) {
    sayNotTested(
      'that slow clients do not lock out others',
      'slowhttptest is missing: apt-get install -y --no-install-recommends slowhttptest',
    );
    return;
  }

  for (const [number, attacks] of ROUNDS.entries())
    describe(`(round ${number + 1})`, () => {
      let runs: Run[];
      before(async () => {
        runs = await Promise.all(attacks.map(([gate, , path, options]) => Run.start(gate, path, options)));
      });
      after(async () => {
        for (const run of runs ?? []) await run[Symbol.asyncDispose]();
      });

      for (const [index, [gate, what]] of attacks.entries()) {
        it(`locks no other client out, with ${ATTACKERS} clients of ${what} (${gate.name} gate)`, async () => {
          const { statuses, slowestMs, mostConnected } = (await runs[index]?.result) ?? assert.fail();
          assert.deepEqual([...new Set(statuses)], [200]);
          // Else nothing was put to the test.
          assert.ok(mostConnected > ATTACKERS / 2, `only ${mostConnected} attackers were connected`);
          tellFigures(
            `slowhttptest, ${what} (${gate.name} gate)`,
            `${statuses.length} answers, the slowest in ${slowestMs.toFixed(0)} ms, beside ${mostConnected} attackers`,
          );
        });
      }
    });
});

interface Result {
  readonly statuses: readonly number[];
  readonly slowestMs: number;
  readonly mostConnected: number;
}

/** One attack on a gate of its own, in the profile of a container on the network, and somebody who asks meanwhile. */
class Run implements AsyncDisposable {
  readonly result: Promise<Result>;
  readonly #lone: LoneGate;
  readonly #upstream: ForkedUpstream<never>;
  readonly #folder = mkdtempSync(join(tmpdir(), 'gatehouse-slow-'));
  readonly #attack: ChildProcess;

  private constructor(
    lone: LoneGate,
    upstream: ForkedUpstream<never>,
    path: string,
    options: readonly string[],
  ) {
    this.#lone = lone;
    this.#upstream = upstream;
    const common = [
      '-c',
      ATTACKERS,
      '-r',
      CONNECTIONS_PER_SECOND,
      '-l',
      ATTACK_SECONDS,
      '-p',
      3,
      '-g',
      '-o',
      this.#figures,
      '-v',
      0,
    ];
    const url = `http://127.0.0.1:${lone.port}${path}`;
    this.#attack = spawn('slowhttptest', [...common.map(String), ...options, '-u', url], { stdio: 'ignore' });
    this.result = this.#watch();
    this.result.catch(() => 'told to whoever awaits it');
  }

  static async start(gate: (typeof GATES)[number], path: string, options: readonly string[]): Promise<Run> {
    const upstream = await forkUpstream<never>('file-upstream.ts');
    const lone = await startLoneGate(gate, upstream, {
      GATEHOUSE_PROFILE: 'docker',
      GATE_HOST: '127.0.0.1',
      API_KEYS: 'k9f86d081884c7d659a2feaa0c55ad01',
    });
    return new Run(lone, upstream, path, options);
  }

  get #figures(): string {
    return join(this.#folder, 'figures');
  }

  async #watch(): Promise<Result> {
    const ended = once(this.#attack, 'exit').then(() => true);
    const statuses: number[] = [];
    let slowestMs = 0;
    while (!(await Promise.race([ended, sleep(ASK_EVERY_MS, false)]))) {
      const since = performance.now();
      statuses.push(await ask(this.#lone.port));
      slowestMs = Math.max(slowestMs, performance.now() - since);
    }
    // Seconds, closed, pending, connected, available.
    const rows = readFileSync(`${this.#figures}.csv`, 'utf8').trim().split('\n').slice(1);
    const mostConnected = Math.max(...rows.map((row) => Number(row.split(',')[3])));
    return { statuses, slowestMs, mostConnected };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#attack.kill('SIGKILL');
    await this.#lone[Symbol.asyncDispose]();
    await this.#upstream[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** On a connection of its own, as from somebody who comes anew; 0 when there is no answer. */
function ask(port: number): Promise<number> {
  return new Promise((resolve) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port,
        path: '/api/hello',
        agent: false,
        localAddress: SOMEBODY_ELSE,
        timeout: LOCKED_OUT_MS,
      },
      (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
        response.on('error', () => resolve(0));
      },
    );
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(0));
    asked.end();
  });
}
