import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  judgeFirstProcess,
  judgeNode,
  judgeOpenFiles,
  openFiles,
  stopGrace,
} from '../../../../operate/doctor/checks/machine.ts';
import { groupFolders, judgeMemory, memory } from '../../../../operate/doctor/checks/memory.ts';
import { clock, judgeSkew, whatsAppReached } from '../../../../operate/doctor/checks/network.ts';
import { judgeNginx, nginx } from '../../../../operate/doctor/checks/programs.ts';
import { freePorts } from '../../../support/kit/kit.ts';
import { sayNotTested } from '../../../support/netns/say-what-lacks.ts';
import { look, serve, textOf } from '../../../support/operate/doctor/look.ts';

const KEY = 'k9f86d081884c7d659a2feaa';

describe('doctor, looking at the machine', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-doctor-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const put = (files: Record<string, string>) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(folder, name, '..'), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return { cgroupDir: folder };
  };

  it('finds memory too small, and that something was killed for it, in both versions of cgroups', async () => {
    const second = await look(memory, {
      sources: put({
        'memory.max': '536870912\n',
        'memory.events': 'low 0\nhigh 0\nmax 9\noom 3\noom_kill 2\n',
      }),
    });
    assert.equal(second.severity, 'error');
    assert.match(textOf(second), /was killed for memory 2 times/);
    assert.match(textOf(second), /512 MB by the limit of its control group; needed are 768 MB/);
    rmSync(join(folder, 'memory.max'));
    rmSync(join(folder, 'memory.events'));
    const first = await look(memory, {
      sources: put({
        'memory/memory.limit_in_bytes': '268435456',
        'memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n',
      }),
    });
    assert.match(textOf(first), /killed for memory 1 time:/);
    assert.match(textOf(first), /256 MB by the limit/);
  });

  it('is content with a limit that is none', async () => {
    for (const limit of ['max', '9223372036854771712', '']) {
      const row = await look(memory, {
        sources: put({ 'memory.max': limit, 'memory.events': 'oom_kill 0' }),
      });
      assert.equal(row.severity, 'good', `${limit}: ${textOf(row)}`);
    }
  });

  it('looks at the group of a process and at all around it', () => {
    assert.deepEqual(groupFolders('0::/system.slice/kit.service\n', '/c').slice(0, 3), [
      '/c/system.slice/kit.service',
      '/c/system.slice',
      '/c',
    ]);
    assert.ok(groupFolders('5:cpu,memory:/docker/1\n', '/c').includes('/c/memory/docker/1'));
    assert.deepEqual(groupFolders('rubbish', '/c'), ['/c', '/c/memory']);
    assert.equal(
      judgeMemory({ limitBytes: undefined, machineBytes: 5e8, killed: 0, hasBrowser: false })[0]?.severity,
      'good',
    );
  });

  it('knows npm and a shell as the first process', () => {
    const verdict = (...args: string[]) => judgeFirstProcess(args)[0]?.severity;
    assert.equal(verdict('npm start'), 'error');
    assert.equal(verdict('node', '/usr/lib/node_modules/npm/bin/npm-cli.js', 'start'), 'error');
    assert.equal(verdict('/bin/sh', '-c', 'node bin/gatehouse.js start'), 'error');
    assert.equal(verdict('/usr/bin/tini', '--', 'node', 'bin/gatehouse.js', 'start'), 'good');
    assert.equal(verdict('node', 'bin/gatehouse.js', 'start'), 'good');
    assert.equal(verdict('/sbin/init'), 'good');
    assert.equal(verdict(), undefined);
  });

  if (process.getuid?.() === 0) {
    it('sees npm as process 1 of a container', () => {
      const script = join(folder, 'npm');
      cpSync('/bin/sh', script);
      chmodSync(script, 0o755);
      const doctor = `"${process.execPath}" bin/gatehouse.js doctor --json; true`;
      const { stdout, stderr } = spawnSync(
        'unshare',
        ['--pid', '--fork', '--mount-proc', script, '-c', doctor],
        {
          encoding: 'utf8',
          env: {
            PATH: process.env.PATH,
            DATA_DIR: folder,
            WHATSAPP: 'sandbox',
            PUPPETEER_EXECUTABLE_PATH: '/nowhere',
          },
        },
      );
      assert.ok(stdout.startsWith('{'), stderr);
      const row = JSON.parse(stdout).checks.find(({ id }: { id: string }) => id === 'first-process');
      assert.match(textOf(row), /process 1 is npm\nnpm as the main process swallows SIGTERM/);
    });
  } else sayNotTested('npm as process 1', 'only root may make a pid namespace');

  it('says that Railway waits 0 s, until it is told to', async () => {
    const env = { RAILWAY_ENVIRONMENT_NAME: 'production', API_KEYS: KEY };
    const row = await look(stopGrace, { env });
    assert.equal(row.severity, 'error');
    assert.match(textOf(row), /RAILWAY_DEPLOYMENT_DRAINING_SECONDS is not set\nRailway kills at once/);
    const set = { ...env, RAILWAY_DEPLOYMENT_DRAINING_SECONDS: '30' };
    assert.equal((await look(stopGrace, { env: set })).severity, 'good');
    const less = { ...env, RAILWAY_DEPLOYMENT_DRAINING_SECONDS: '10' };
    assert.equal((await look(stopGrace, { env: less })).severity, 'warning');
  });

  it('says that a platform does not wait longer than it does, and that the browser needs its time', async () => {
    const run = { K_SERVICE: 'kit', API_KEYS: KEY, STOP_GRACE_MS: '30000' };
    assert.match(textOf(await look(stopGrace, { env: run })), /kills after 10000 ms/);
    const short = { GATEHOUSE_PROFILE: 'docker', API_KEYS: KEY, STOP_GRACE_MS: '3000', DRAIN_MS: '2000' };
    assert.match(textOf(await look(stopGrace, { env: short })), /needs 4 s to write its profile/);
    assert.equal((await look(stopGrace)).severity, 'skipped');
  });

  it('finds the limit of open files too low for the connections that are let in', async () => {
    assert.match(
      textOf(await look(openFiles, { env: { GATE_MAX_CONNECTIONS: '1000000' } })),
      /may have \d+ files open; GATE_MAX_CONNECTIONS is 1000000\n.*\nraise the limit/,
    );
    assert.equal(judgeOpenFiles('Max open files   unlimited  unlimited  files', 10_000)[0]?.severity, 'good');
    assert.deepEqual(judgeOpenFiles('', 1), []);
  });

  it('refuses a Node that is too old', () => {
    assert.equal(judgeNode('20.19.0')[0]?.severity, 'error');
    assert.equal(judgeNode('24.0.0')[0]?.severity, 'good');
  });

  it('finds the nginx of GATE=nginx missing, old, or no nginx', async () => {
    const path = join(folder, 'nginx');
    const lookAt = () => look(nginx, { env: { GATE: 'nginx', NGINX_PATH: path } });
    const missing = await lookAt();
    assert.equal(missing.severity, 'error');
    assert.match(textOf(missing), /apt-get install nginx-light/);
    const fakes = [
      ['echo "nginx version: nginx/1.18.0" >&2', 'error'],
      ['echo "nginx version: nginx/1.26.2" >&2', 'good'],
      ['echo hello', 'error'],
    ] as const;
    for (const [script, severity] of fakes) {
      writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      assert.equal((await lookAt()).severity, severity, script);
    }
    writeFileSync(path, '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 });
    assert.equal((await lookAt()).severity, 'unknown');
    assert.equal((await look(nginx)).severity, 'skipped');
    assert.equal(judgeNginx('nginx version: nginx/2.0.1')[0]?.severity, 'good');
  });

  it('finds a clock that is wrong, against a URL and against WhatsApp', async () => {
    await using other = await serve((_request, response) => {
      const wrong = new Date(Date.now() - 3_600_000).toUTCString();
      response.writeHead(200, { date: wrong }).end();
    });
    const byUrl = await look(clock, { url: other.url });
    assert.equal(byUrl.severity, 'error');
    const told = /this clock is (\d+) s ahead of that of the address asked/.exec(textOf(byUrl));
    // The doctor cannot know when in the time that the answer took the other clock was read.
    assert.ok(Math.abs(Number(told?.[1]) - 3_600) <= 1 + byUrl.ms / 1_000, textOf(byUrl));
    const byWhatsApp = await look(clock, {
      env: { DATA_DIR: folder },
      sources: { whatsAppUrl: other.url.href },
    });
    assert.match(textOf(byWhatsApp), /ahead of that of WhatsApp/);
    const offline = await look(clock, { env: { DATA_DIR: folder, WHATSAPP: 'sandbox' } });
    assert.match(textOf(offline), /less than a second from that of the file system of DATA_DIR; .*ask a URL/);
    assert.equal(judgeSkew(-10_000, 'x')[0]?.severity, 'warning');
  });

  it('says whether WhatsApp is reached, and does not ask on the sandbox', async () => {
    await using there = await serve((_request, response) => response.end());
    const lookAt = (href: string, env = {}) => look(whatsAppReached, { env, sources: { whatsAppUrl: href } });
    assert.equal((await lookAt(there.url.href)).severity, 'good');
    assert.match(textOf(await lookAt('http://whatsapp.invalid/')), /resolves no names/);
    const { PORT } = await freePorts();
    assert.match(textOf(await lookAt(`http://127.0.0.1:${PORT}/`)), /does not get through/);
    assert.equal((await lookAt(there.url.href, { WHATSAPP: 'sandbox' })).severity, 'skipped');
  });
});
