import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { endWithTests } from '../../support/end-with-tests.ts';
import { until } from '../../support/until.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** Runs the files of a folder as those of the system tier, and prints the report. */
const RUN = `
  import { globSync } from 'node:fs';
  import { renderReport } from '${ROOT}/test/run/report.ts';
  import { runTier } from '${ROOT}/test/run/run-tier.ts';
  import { TIERS } from '${ROOT}/test/run/tiers.ts';
  const { text, isGreen } = renderReport([await runTier(TIERS.TIER, globSync('test/system/**/*.test.ts'))]);
  process.stdout.write(text);
  process.exitCode = isGreen ? 0 : 1;`;

const PASSES = `it('passes', () => {});`;
/** Fails at its first run in this folder and passes after that. */
const FLAKY = `
  import { existsSync, writeFileSync } from 'node:fs';
  it('NAME', () => {
    if (existsSync('NAME')) return;
    writeFileSync('NAME', '');
    throw new Error('NAME failed', { cause: new Error('the cause of NAME') });
  });`;
/** Starts a process in a group of its own, as a browser is, and waits. */
const HANGS = `
  import { spawn } from 'node:child_process';
  import { writeFileSync } from 'node:fs';
  import { endWithTests } from '${ROOT}/test/support/end-with-tests.ts';
  it('hangs', () => {
    const child = spawn('tail', ['-f', '/dev/null'], { detached: true, stdio: 'ignore' });
    endWithTests(child);
    writeFileSync('child', String(child.pid));
    setInterval(() => {}, 60_000);
    return new Promise(() => {});
  });`;
const STARTS_PROCESS = `
  import { spawnSync } from 'node:child_process';
  it('starts a process', () => { try { spawnSync('true'); } catch { return; } });`;

describe('runner of the tests', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-run-'));
    mkdirSync(join(folder, 'test/system/api'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const config = {
      require: [join(ROOT, 'test/run/worker.ts')],
      reporter: join(ROOT, 'test/run/reporter.ts'),
    };
    writeFileSync(join(folder, '.mocharc.json'), JSON.stringify(config));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (file: string, text: string) => writeFileSync(join(folder, 'test/system', file), text);
  const { TEST_RESULTS, TEST_TIER, ...env } = process.env;
  const command = (tier: 'unit' | 'system') =>
    ['--input-type=module', '--eval', RUN.replace('TIERS.TIER', `TIERS.${tier}`)] as const;
  const run = (tier: 'unit' | 'system') => {
    const { status, stdout } = spawnSync(process.execPath, command(tier), {
      cwd: folder,
      env,
      encoding: 'utf8',
    });
    return { status, stdout };
  };

  it('runs a failed test again, and lists it as flaky with its first failure', () => {
    write('one.test.ts', PASSES);
    write('two.test.ts', FLAKY.replaceAll('NAME', 'wobbles'));
    const { status, stdout } = run('system');
    assert.match(
      stdout,
      /\nflaky: wobbles\n {2}test\/system\/two\.test\.ts\n.*wobbles failed[\s\S]*caused by: .*the cause of wobbles/,
    );
    assert.match(stdout, /\n2 passed, 0 failed\n$/);
    assert.equal(status, 0);
  });

  it('runs no failed test of message safety again, and none of the unit tier', () => {
    write('api/two.test.ts', FLAKY.replaceAll('NAME', 'loses'));
    assert.match(run('system').stdout, /\n0 passed, 1 failed\n$/);
    write('two.test.ts', FLAKY.replaceAll('NAME', 'wobbles'));
    const { status, stdout } = run('unit');
    assert.match(stdout, /\n1 passed, 1 failed\n$/);
    assert.equal(status, 1);
  });

  it('fails a unit test that starts a process, also one that catches the error', () => {
    write('one.test.ts', STARTS_PROCESS);
    assert.match(
      run('unit').stdout,
      /unit tests start no process; move this test to test\/system: spawnSync/,
    );
    assert.match(run('system').stdout, /\n1 passed, 0 failed\n$/);
  });

  for (const { who, target } of [
    { who: 'it alone,', target: (pid: number) => pid },
    { who: 'all its processes, as a terminal does,', target: (pid: number) => -pid },
  ])
    it(`ends what tests have started when a signal interrupts ${who} and says that tests are missing`, async () => {
      write('one.test.ts', HANGS);
      write('two.test.ts', PASSES);
      const runner = spawn(process.execPath, command('system'), { cwd: folder, env, detached: true });
      endWithTests(runner);
      const output = text(runner.stdout);
      const child = Number(await until('a test runs', () => readFileSync(join(folder, 'child'), 'utf8')));
      assert.ok(runner.pid !== undefined);
      process.kill(target(runner.pid), 'SIGINT');
      const [code] = await once(runner, 'exit');
      assert.match(await output, /the run was interrupted: tests of the tier system are missing/);
      assert.equal(code, 1);
      await until('the process of the test has ended', () => !isAlive(child));
    });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
