import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { FIRST_TIME_MS, lacksForEngine, startEngine } from '../../support/docker/engine.ts';
import { sayNotTested } from '../../support/netns/say-what-lacks.ts';

const SCRIPT = fileURLToPath(new URL('../../support/tools/docker-engine.sh', import.meta.url));

describe('docker engine of the tests', () => {
  const lack = lacksForEngine();
  if (lack !== undefined) return sayNotTested('the engine', lack);

  it('is one for all who ask, with compose', async function () {
    this.timeout(FIRST_TIME_MS);
    await using first = await startEngine();
    await using second = await startEngine();
    assert.equal(
      await first.docker('info', '--format', '{{.ID}}'),
      await second.docker('info', '--format', '{{.ID}}'),
    );
    assert.match(await first.docker('compose', 'version', '--short'), /^v?[2-9]\./);
  });

  it('removes the containers of one who is done, and leaves those of others', async () => {
    await using other = await startEngine();
    const others = await other.run(await other.image('port'), { flags: ['--network=none'], env: {} });
    const own = await (async () => {
      await using engine = await startEngine();
      return await engine.run(await engine.image('port'), { flags: ['--network=none'], env: {} });
    })();
    const left = await other.docker('ps', '--all', '--quiet', '--no-trunc');
    assert.ok(left.includes(others.id) && !left.includes(own.id));
  });

  it('stays up for one run when another run ends', async () => {
    await using engine = await startEngine();
    const other = spawn('sh', [SCRIPT, 'run'], { stdio: ['pipe', 'pipe', 'inherit'] });
    for await (const line of createInterface(other.stdout)) if (line === 'READY') break;
    other.stdin.end();
    assert.deepEqual(await once(other, 'exit'), [0, null]);
    assert.notEqual(await engine.docker('info', '--format', '{{.ID}}'), '');
  });

  it('publishes in a network of its own: nothing of it is open on this machine', async () => {
    await using engine = await startEngine();
    const image = await engine.image();
    const flags = ['--publish=18081:8080'];
    const serve = 'http.createServer((_, answer) => answer.end("in")).listen(8080)';
    const container = await engine.run(image, { flags, env: {}, command: ['node', '-e', serve] });
    const ask = () => engine.onHost('curl', '--silent', 'http://127.0.0.1:18081/');
    assert.equal(await container.until('an answer', ask), 'in');
    // 7: nobody there. The machine's own engine, where there is one, publishes on the machine.
    const { status } = spawnSync('curl', ['--silent', 'http://127.0.0.1:18081/']);
    assert.equal(status, engine.within.length === 0 ? 0 : 7);
  });

  it('says what is wrong with a verb that it does not know', () => {
    const { status, stderr } = spawnSync('sh', [SCRIPT, 'upp'], { encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr, /run, up, down or lacks/);
  });

  it('says what this machine lacks where it is no Debian of root', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-engine-'));
    try {
      for (const [program, text] of [
        ['docker', 'exit 1'],
        ['id', 'echo 1000'],
      ] as const)
        writeFileSync(join(folder, program), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
      const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
      assert.throws(() => execFileSync('sh', [SCRIPT, 'lacks'], { env, stdio: 'pipe', encoding: 'utf8' }), {
        stdout: /one of our own needs root/,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
