import assert from 'node:assert/strict';
import { HARDENED, SANDBOX } from '../../support/docker/container.ts';
import { type Engine, FIRST_TIME_MS, lacksForEngine, startEngine } from '../../support/docker/engine.ts';
import { sayNotTested } from '../../support/netns/say-what-lacks.ts';

describe('image, run as it is not meant to be', () => {
  const lack = lacksForEngine();
  if (lack !== undefined) return sayNotTested('the image where something is wrong', lack);
  let engine: Engine;
  let image: string;

  before(async function () {
    this.timeout(FIRST_TIME_MS);
    engine = await startEngine();
    image = await engine.image();
  });
  after(async () => engine?.[Symbol.asyncDispose]());

  it('refuses to start without keys, with 78 and the remedy', async () => {
    const kit = await engine.run(image, { env: {} });
    assert.equal(await kit.exit(), 78);
    assert.match(await kit.log(), /API_KEYS.*must be set.*openssl rand/);
  });

  it('names a volume that belongs to another user, with 69', async () => {
    const flags = [...HARDENED, '--mount=type=tmpfs,destination=/data,tmpfs-mode=0700'];
    const kit = await engine.run(image, { flags });
    assert.equal(await kit.exit(), 69);
    assert.match(await kit.log(), /DATA_DIR \/data cannot be written/);
  });

  it('takes a volume that belongs to root where it is begun as root, and goes on as its own user', async () => {
    const root = ['--user=0:0', '--cap-add=CHOWN', '--cap-add=SETUID', '--cap-add=SETGID'];
    const flags = [...HARDENED, ...root, '--mount=type=tmpfs,destination=/data,tmpfs-mode=0755'];
    const kit = await engine.run(image, { flags });
    await kit.until('the api is up', async () => (await kit.request('/health')).status === 200);
    assert.equal(await kit.exec('stat', '--format', '%u', '/data', '/data/supervisor.lock'), '1000\n1000');
    const processes = (await engine.docker('top', kit.id, '-eo', 'pid,uid,args')).split('\n');
    const ofKit = processes.filter((line) => /gatehouse\.js|services\//.test(line) && !line.includes('tini'));
    assert.ok(ofKit.length >= 4, processes.join('\n'));
    for (const line of ofKit) assert.match(line, /^ *\d+ +1000 /);
  });

  it('names a volume that is read-only, with 69', async () => {
    const volume = await engine.docker('volume', 'create');
    const kit = await engine.run(image, { flags: [...HARDENED, `--volume=${volume}:/data:ro`] });
    assert.equal(await kit.exit(), 69);
    assert.match(await kit.log(), /DATA_DIR \/data cannot be written/);
    await engine.docker('rm', kit.id);
    await engine.docker('volume', 'rm', volume);
  });

  it('names a missing volume under a read-only root, with 69', async () => {
    const kit = await engine.run(image, { flags: HARDENED });
    assert.equal(await kit.exit(), 69);
    assert.match(await kit.log(), /DATA_DIR \/data cannot be written/);
  });

  it('answers 507 on a full volume, says `full` in /health, and takes messages again when there is room', async () => {
    const flags = [...HARDENED, '--tmpfs=/data:size=8m,uid=1000,gid=1000,mode=700'];
    const kit = await engine.run(image, { flags, env: { API_KEYS: SANDBOX.API_KEYS } });
    await kit.until('the api is up', async () => (await kit.request('/health')).status === 200);
    await kit.exec('sh', '-c', '! dd if=/dev/zero of=/data/ballast bs=1k 2>/dev/null');
    const post = () => kit.send('x'.repeat(4_000), '--header', 'prefer: respond-async');
    await kit.until('507', async () => (await post()).status === 507);
    await kit.until(
      'full',
      async () => /"storage":\{"state":"full"/.test((await kit.request('/health')).body),
      20_000,
    );
    await kit.exec('rm', '/data/ballast');
    await kit.until('202', async () => (await post()).status === 202);
    assert.equal(await kit.stop(), 0);
  });

  it('says that it was memory when the kernel kills its browser, and lives on', async () => {
    const flags = [
      ...HARDENED.filter((flag) => !flag.startsWith('--memory')),
      '--memory=300m',
      '--memory-swap=300m',
      '--volume=/data',
    ];
    const kit = await engine.run(image, { flags });
    await kit.until('the api is up', async () => (await kit.request('/health')).status === 200);
    // Stands for a page that grows: the kernel takes the process that it is told to take first.
    await kit
      .exec(
        'sh',
        '-c',
        'echo 1000 >/proc/self/oom_score_adj; exec node -e "const a = []; for (;;) a.push(Buffer.alloc(1e6, 1))"',
      )
      .catch((error: unknown) => assert.match(String(error), /Command failed/));
    await kit.until('the log names memory', async () =>
      /out of memory: the kernel has killed .* which may have 300 MB/.test(await kit.log()),
    );
    assert.equal((await kit.request('/health/live')).status, 200);
    assert.equal(await kit.stop(), 0);
  });

  it('ends with 137 and is told to be out of memory where even the supervisor has too little', async () => {
    const flags = [
      ...HARDENED.filter((flag) => !flag.startsWith('--memory')),
      '--memory=24m',
      '--memory-swap=24m',
      '--volume=/data',
    ];
    const kit = await engine.run(image, { flags });
    assert.equal(await kit.exit(), 137);
    assert.equal(await kit.inspect('{{.State.OOMKilled}}'), 'true');
  });
});
