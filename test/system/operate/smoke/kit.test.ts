import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Report, reportSchema } from '../../../../operate/smoke/report.ts';
import { GATES } from '../../../support/gate/gates.ts';
import { type Kit, startKit } from '../../../support/kit/kit.ts';

const COMMAND = fileURLToPath(new URL('../../../../bin/gatehouse.js', import.meta.url));
const KEY = 'a-key-of-the-smoke-tests-long-enough';

/** `gatehouse smoke`, as somebody runs it elsewhere. */
function run(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [COMMAND, 'smoke', ...args],
      { cwd: '/', env: { PATH: process.env.PATH, ...env } },
      (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

for (const { name } of GATES) {
  describe(`gatehouse smoke, of a kit with keys (${name} gate)`, function () {
    this.timeout(90_000);
    let kit: Kit;
    before(async () => {
      kit = await startKit({
        env: { GATE: name, GATEHOUSE_PROFILE: 'docker', SANDBOX_ALLOWED: 'true', API_KEYS: KEY },
      });
      await kit.ready();
    });
    after(() => kit[Symbol.asyncDispose]());

    it('passes every row there is on this machine, sends a message included', async () => {
      const { code, stdout, stderr } = await run([kit.origin, '--json', '--send'], { API_KEYS: KEY });
      assert.equal(code, 0, stdout + stderr);
      const report: Report = reportSchema.parse(JSON.parse(stdout));
      const states = Object.fromEntries(report.rows.map((row) => [row.name, row.state]));
      assert.deepEqual(states, {
        answers: 'passed',
        redirect: 'skipped',
        tls: 'skipped',
        release: 'skipped',
        health: 'passed',
        'any-host': 'passed',
        keys: 'passed',
        refusals: 'passed',
        'internal-paths': 'passed',
        'internal-ports': 'skipped',
        events: 'passed',
        websocket: 'passed',
        send: 'passed',
        latency: 'passed',
        'still-answers': 'passed',
      });
      assert.ok(!stdout.includes(KEY) && !stderr.includes(KEY));
    });

    it('looks at what needs no key without one', async () => {
      const { code, stdout } = await run([kit.origin]);
      assert.equal(code, 0, stdout);
      assert.match(stdout, /^ {2}✓ keys .*without a key 401 key_missing, with a wrong one 401 key_invalid/m);
      assert.match(stdout, /^ {2}- events +not looked at: it wants a key/m);
      assert.match(stdout, /^\d+ passed, 0 failed, /m);
      assert.ok(!stdout.includes('\u001b'), 'no colours where there is no terminal');
    });

    it('exits 1, with cause and remedy, when the key or the release is another', async () => {
      const { code, stdout } = await run([kit.origin, '--expect-release', '9.9.9'], {
        API_KEYS: `${KEY}-other`,
      });
      assert.equal(code, 1);
      assert.match(
        stdout,
        /^ {2}✗ keys .*\n +it is: the first of API_KEYS here is none of the deployment\n +do: set API_KEYS/m,
      );
      assert.match(stdout, /^ {2}✗ release /m);
    });
  });
}

describe('gatehouse smoke, called wrongly', function () {
  this.timeout(30_000);
  for (const args of [
    [],
    ['localhost:8001'],
    ['http://localhost:8001/api'],
    ['http://a', 'http://b'],
    ['http://localhost:1', '--api-keys', 'k'.repeat(24)],
    ['http://localhost:1', '--check'],
    ['http://localhost:1', '--expect-release'],
  ])
    it(`exits 64: ${args.join(' ').replace(/k{24}/, 'KEY')}`, async () => {
      const { code, stdout, stderr } = await run(args);
      assert.equal(code, 64, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, /^gatehouse: .*\nTry: gatehouse help\n$/);
      assert.ok(!stderr.includes('k'.repeat(24)));
    });

  it('exits 78 when API_KEYS are none, whatever else is set', async () => {
    const { code, stderr } = await run(['http://localhost:1'], {
      API_KEYS: 'short',
      PORT: 'x',
      GATE: 'apache',
    });
    assert.equal(code, 78);
    assert.match(stderr, /^API_KEYS \(apiKeys\) is \[secret\]: must be keys.*\nNothing was asked\.\n$/);
  });

  it('exits 1 when nothing answers', async () => {
    const { code, stdout } = await run(['http://localhost:1']);
    assert.equal(code, 1);
    assert.match(stdout, /✗ answers .*ECONNREFUSED/);
  });
});
