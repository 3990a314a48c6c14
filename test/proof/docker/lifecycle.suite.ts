import assert from 'node:assert/strict';
import { type Container, HARDENED, SANDBOX } from '../../support/docker/container.ts';
import { type Engine, FIRST_TIME_MS, lacksForEngine, startEngine } from '../../support/docker/engine.ts';
import { sayNotTested } from '../../support/netns/say-what-lacks.ts';

const STATUS =
  'for p in /proc/[0-9]*; do grep -hE "^(Name|Uid|CapEff|NoNewPrivs):" $p/status | tr "\\n\\t" "  "; echo; done 2>/dev/null';

describe('image, run as it is meant to be', () => {
  const lack = lacksForEngine();
  if (lack !== undefined) return sayNotTested('the image', lack);
  let engine: Engine;
  let volume: string;

  before(async function () {
    this.timeout(FIRST_TIME_MS);
    engine = await startEngine();
    await engine.image();
    volume = await engine.docker('volume', 'create');
  });
  after(async () => {
    await engine?.[Symbol.asyncDispose]();
    if (volume !== undefined) await engine.docker('volume', 'rm', volume);
  });

  // One after the other on one volume, as two releases would be.
  for (const gate of ['node', 'nginx']) {
    describe(`with GATE=${gate}`, () => {
      let kit: Container;
      before(async () => {
        const flags = [...HARDENED, `--volume=${volume}:/data`];
        kit = await engine.run(await engine.image(), { flags, env: { ...SANDBOX, GATE: gate } });
        await kit.ready();
      });

      it('sends a message through one read-only container without privileges', async () => {
        const { status, body } = await kit.send(`through ${gate}`);
        assert.equal(status, 200, body);
        assert.match((await kit.request('/sandbox/api/messages')).body, new RegExp(`through ${gate}`));
      });

      if (gate !== 'node')
        it('finds the login and the messages of the container before on the volume', async () => {
          assert.doesNotMatch(await kit.log(), /"state":"qr"/);
          const { body } = await kit.request('/api/whatsapp/messages?limit=10');
          assert.equal(body.match(/"id"/g)?.length, 2, body);
        });

      it('shows another host one open port and no other', async () => {
        const told = await engine.onHost('nmap', '-n', '-Pn', '-p-', '-T4', '-oG', '-', await kit.address());
        assert.deepEqual(
          [...told.matchAll(/(\d+)\/open\/tcp/g)].map(([, port]) => port),
          ['8080'],
        );
      });

      it('becomes healthy by its own check, which fails when the answer is no', async () => {
        await kit.until('healthy', async () => (await kit.inspect('{{.State.Health.Status}}')) === 'healthy');
        assert.equal(await kit.exec('bash', 'deploy/image/is-live.sh', '/health'), 'HTTP/1.1 200 OK');
        await assert.rejects(kit.exec('bash', 'deploy/image/is-live.sh', '/nowhere'), {
          code: 1,
          stdout: /404/,
        });
        await assert.rejects(kit.exec('env', 'PORT=1', 'bash', 'deploy/image/is-live.sh'), {
          code: 1,
          stderr: /refused/,
        });
      });

      it('runs each of its processes as uid 1000 under tini, with no capability to have or to gain', async () => {
        const processes = await kit.exec('bash', '-c', STATUS);
        const lines = processes.split('\n').filter((line) => line.includes('Name:'));
        assert.ok(lines.length >= 8, processes);
        for (const line of lines)
          assert.match(line, /Uid: +1000 1000 1000 1000 +CapEff: +0{16} +NoNewPrivs: +1/);
        assert.equal(await kit.exec('cat', '/proc/1/comm'), 'tini');
      });

      it('says once that its browser has no sandbox, which the engine forbids', async () => {
        assert.equal((await kit.log()).match(/Chromium finds no sandbox/g)?.length, 1);
      });

      it('ends with 0 within its grace on SIGTERM, and leaves no process behind', async () => {
        const top = await engine.docker('top', kit.id, '-eo', 'pid');
        const pids = top.split('\n').slice(1).map(Number);
        assert.ok(pids.length >= 8, top);
        assert.equal(await kit.stop(), 0, await kit.log());
        assert.match(await kit.log(), /"msg":"stopped"/);
        assert.equal(await kit.inspect('{{.State.OOMKilled}}'), 'false');
        // On an engine elsewhere these are pids of nobody of ours either.
        if (engine.within.length > 0) assert.deepEqual(pids.filter(isAlive), []);
      });
    });
  }

  it('keeps its sandbox where the engine allows one, without a word', async () => {
    const flags = [...HARDENED, '--security-opt=seccomp=unconfined', '--volume=/data'];
    const kit = await (await engine.run(await engine.image(), { flags })).ready();
    assert.doesNotMatch(await kit.log(), /Chromium finds no sandbox/);
    const commands = await kit.exec(
      'bash',
      '-c',
      'for p in /proc/[0-9]*; do tr "\\0" " " <$p/cmdline; echo; done',
    );
    assert.match(commands, /--user-data-dir=\/data/);
    assert.doesNotMatch(commands, /--no-sandbox/);
    // Docker gives /dev/shm 64 MB, of which a page wants more: /tmp takes its place.
    assert.match(commands, /--disable-dev-shm-usage/);
    // Shut in for real: its pages have a network of their own, with nothing in it.
    const networks = await kit.exec('bash', '-c', 'readlink /proc/[0-9]*/ns/net | sort -u');
    assert.ok(networks.split('\n').length >= 2, networks);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
