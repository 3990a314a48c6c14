import assert from 'node:assert/strict';
import { reportSchema } from '../../../operate/smoke/report.ts';
import { runCli } from '../../support/cli/run-cli.ts';
import {
  type Deployment,
  json,
  KEY,
  startDeployment,
  startServer,
} from '../../support/operate/smoke/deployments.ts';

describe('gatehouse smoke', () => {
  let deployment: Deployment;
  before(async () => {
    deployment = await startDeployment();
  });
  after(() => deployment[Symbol.asyncDispose]());
  const run = (args: readonly string[], env: Record<string, string> = {}) => runCli(['smoke', ...args], env);

  it('checks what needs no key without one', async () => {
    const { status, stdout } = await run([deployment.origin]);
    assert.equal(status, 0, stdout);
    assert.match(stdout, /^ {2}✓ keys .*without a key 401 key_missing, with a wrong one 401 key_/m);
    assert.match(stdout, /^ {2}- events +not looked at: it wants a key/m);
    assert.match(stdout, /^\d+ passed, 0 failed, /m);
    assert.ok(!stdout.includes('\u001b'), 'a pipe gets no colours');
  });

  it('writes its report as JSON, and the key nowhere', async () => {
    const { status, stdout, stderr } = await run([deployment.origin, '--json'], { API_KEYS: KEY });
    assert.equal(status, 0, stdout);
    assert.equal(reportSchema.parse(JSON.parse(stdout)).ok, true);
    assert.ok(!stdout.includes(KEY) && !stderr.includes(KEY));
  });

  it('exits 1, with cause and remedy, when the key or the release is another', async () => {
    // Not the gate: this server closes each connection, so that no check waits for a second answer.
    await using other = await startServer((request, response) => {
      response.setHeader('connection', 'close');
      if (request.url?.startsWith('/health/live')) json(200, { status: 'ok' })(request, response);
      else json(401, { code: 'key_missing' })(request, response);
    });
    const { status, stdout } = await run([other.origin, '--expect-release', '9.9.9'], {
      API_KEYS: `${KEY}-other`,
    });
    assert.equal(status, 1);
    assert.match(
      stdout,
      /^ {2}✗ keys .*\n +it is: the first of API_KEYS here is none of the deployment\n +do: set API_KEYS/m,
    );
    assert.match(stdout, /^ {2}✗ release /m);
  });

  for (const args of [
    [],
    ['localhost:8001'],
    ['http://localhost:8001/api'],
    ['http://a', 'http://b'],
    ['http://localhost:1', '--api-keys', 'k9f86d081884c7d659a2feaa'],
    ['http://localhost:1', '--check'],
    ['http://localhost:1', '--expect-release'],
  ])
    it(`exits 64, called wrongly: ${args.join(' ').replace(/k9f\w+/, 'KEY')}`, async () => {
      const { status, stdout, stderr } = await run(args);
      assert.equal(status, 64, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, /^gatehouse: .*\nTry: gatehouse help\n$/);
      assert.ok(!stderr.includes('k9f86d081884c7d659a2feaa'));
    });

  it('exits 78 when API_KEYS are none, whatever else is set', async () => {
    const { status, stderr } = await run(['http://localhost:1'], {
      API_KEYS: 'short',
      PORT: 'x',
      GATE: 'apache',
    });
    assert.equal(status, 78);
    assert.match(stderr, /^API_KEYS \(apiKeys\) is \[secret\]: must be keys.*\nNothing was asked\.\n$/);
  });

  it('exits 1 when nothing answers', async () => {
    const { status, stdout } = await run(['http://localhost:1']);
    assert.equal(status, 1);
    assert.match(stdout, /✗ answers .*ECONNREFUSED/);
  });
});
