import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBootHistory, recordBoot } from '../../../../operate/doctor/boot-history.ts';
import {
  dataFolder,
  diskRoom,
  judgePersistence,
  judgeRoom,
  judgeUnwritable,
  type PersistenceFacts,
  persistence,
} from '../../../../operate/doctor/checks/data.ts';
import { findMount } from '../../../../operate/doctor/mounts.ts';
import { fillDisk, mountDisk, unmountDisk } from '../../../support/bridge/small-disk.ts';
import { sayNotTested } from '../../../support/netns/say-what-lacks.ts';
import { look, textOf, textOfFinding } from '../../../support/operate/doctor/look.ts';

const KEY = 'k9f86d081884c7d659a2feaa';

describe('doctor, looking at the data folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-doctor-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('finds it good, also before the first start, and leaves nothing behind', async () => {
    const row = await look(dataFolder, { env: { DATA_DIR: join(folder, 'new', 'data') } });
    assert.equal(row.severity, 'good', textOf(row));
    assert.ok(!existsSync(join(folder, 'new')));
  });

  it('says that a part of its path is a file', async () => {
    writeFileSync(join(folder, 'file'), '');
    const row = await look(dataFolder, { env: { DATA_DIR: join(folder, 'file', 'data') } });
    assert.match(textOf(row), /ENOTDIR.*\na part of its path is a file/);
  });

  it('counts the containers that it has outlived', async () => {
    await recordBoot(folder);
    await recordBoot(folder);
    assert.equal((await readBootHistory(folder)).count, 1);
    const marker = JSON.parse(readFileSync(join(folder, 'boots.json'), 'utf8'));
    writeFileSync(join(folder, 'boots.json'), JSON.stringify({ ...marker, seen: ['c0ffee another-boot'] }));
    await recordBoot(folder);
    assert.equal((await readBootHistory(folder)).count, 2);
    const row = await look(persistence, { env: { DATA_DIR: folder } });
    assert.match(textOf(row), /its marker has seen 2 containers or boots since/);
    for (const torn of ['', '{', '{"seen":3}']) {
      writeFileSync(join(folder, 'boots.json'), torn);
      await recordBoot(folder);
      assert.equal((await readBootHistory(folder)).count, 1, torn);
    }
  });

  if (process.getuid?.() === 0) {
    it('finds a disk that is full', async () => {
      mountDisk(folder, '2m');
      try {
        fillDisk(folder);
        const row = await look(dataFolder, { env: { DATA_DIR: folder } });
        assert.match(textOf(row), /ENOSPC.*\nits disk is full/);
        const room = await look(diskRoom, { env: { DATA_DIR: folder } });
        assert.equal(room.severity, 'error');
        assert.match(textOf(room), /0 MB of 2 MB are free\nthe bridge starts no browser below 50 MB/);
      } finally {
        unmountDisk(folder);
      }
    });

    it('says that memory is not persistent, by the mount that it lies on', async () => {
      mountDisk(folder, '2m');
      try {
        const row = await look(persistence, { env: { DATA_DIR: join(folder) } });
        assert.equal(row.severity, 'error');
        assert.match(textOf(row), /type tmpfs\n(.*\n)*?not persistent: it is memory/);
      } finally {
        unmountDisk(folder);
      }
    });

    it('finds a disk that is read-only', async () => {
      mountDisk(folder, '2m');
      try {
        assert.equal(spawnSync('mount', ['-o', 'remount,ro', folder]).status, 0);
        const row = await look(dataFolder, { env: { DATA_DIR: folder } });
        assert.match(textOf(row), /EROFS.*\nits disk is read-only/);
      } finally {
        unmountDisk(folder);
      }
    });

    it('says whose the folder is, to a user who may not write there', () => {
      mkdirSync(join(folder, 'data'), { mode: 0o755 });
      chmodSync(folder, 0o755);
      const { stdout, status } = spawnSync(
        'setpriv',
        [
          '--reuid=65534',
          '--regid=65534',
          '--clear-groups',
          process.execPath,
          'bin/gatehouse.js',
          'doctor',
          '--json',
        ],
        {
          encoding: 'utf8',
          env: {
            PATH: process.env.PATH,
            DATA_DIR: join(folder, 'data'),
            WHATSAPP: 'sandbox',
            PUPPETEER_EXECUTABLE_PATH: '/nowhere',
          },
        },
      );
      assert.equal(status, 2);
      const row = JSON.parse(stdout).checks.find(({ id }: { id: string }) => id === 'data-folder');
      assert.match(
        textOf(row),
        /EACCES; its owner is uid 0, this is uid 65534\n.*another user's.*\nchown -R 65534/,
      );
    });
  } else sayNotTested('full, read-only and foreign disks', 'only root may mount and change users');

  it('takes the layer of a container, and memory, for what they are', () => {
    const facts: PersistenceFacts = {
      mount: { point: '/', kind: 'overlay', isReadOnly: false },
      boots: { count: 1, firstAt: '' },
      isContainer: true,
      hasNoVolumes: false,
      platform: 'Railway',
      isLocal: false,
    };
    const say = (over: Partial<PersistenceFacts>) => {
      const [finding] = judgePersistence({ ...facts, ...over });
      assert.ok(finding !== undefined);
      return `${finding.severity}\n${textOfFinding(finding)}`;
    };
    assert.match(
      say({}),
      /^error\n(.*\n)*not persistent: it is the container's own layer.*Railway.*\nmount a volume/,
    );
    assert.match(say({ hasNoVolumes: true }), /set DATABASE_URL/);
    assert.match(say({ mount: { point: '/', kind: 'ext4', isReadOnly: false } }), /^error/);
    assert.match(say({ mount: { point: '/data', kind: 'ext4', isReadOnly: false } }), /^good/);
    assert.match(
      say({ mount: { point: '/data', kind: 'nfs4', isReadOnly: false } }),
      /^warning\n(.*\n)*a network file system/,
    );
  });

  it('knows a platform without volumes by its profile', async () => {
    const row = await look(persistence, { env: { DATA_DIR: folder, DYNO: 'web.1', API_KEYS: KEY } });
    assert.match(textOf(row), /not persistent|type ext4|type xfs|type btrfs/);
  });

  it('finds the mount of a folder by the longest path, whatever blanks are in it', () => {
    const list = [
      '22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw',
      '23 22 0:5 / /data rw,relatime shared:2 master:1 - ext4 /dev/sdb rw',
      '24 22 0:6 / /data/my\\040files ro,relatime - nfs4 host:/x rw',
      'rubbish',
      '',
    ].join('\n');
    assert.equal(findMount(list, '/database')?.point, '/');
    assert.equal(findMount(list, '/data')?.point, '/data');
    assert.deepEqual(findMount(list, '/data/my files/x'), {
      point: '/data/my files',
      kind: 'nfs4',
      isReadOnly: true,
    });
    assert.equal(findMount('', '/data'), undefined);
  });

  it('judges room by its share and by what is needed', () => {
    const judge = (freeMb: number, totalMb: number, freeFiles = 1e6) =>
      judgeRoom({ freeBytes: freeMb * 1024 ** 2, totalBytes: totalMb * 1024 ** 2, freeFiles })[0]?.severity;
    assert.equal(judge(10, 5_000), 'error');
    assert.equal(judge(200, 5_000), 'warning');
    assert.equal(judge(2_000, 5_000), 'good');
    assert.equal(judge(80_000, 2_000_000), 'good');
    assert.equal(judge(2_000, 5_000, 12), 'error');
  });

  it('has a remedy for a folder of this very user', () => {
    assert.match(judgeUnwritable('EACCES', 5, 5)[0]?.remedy ?? '', /chmod/);
    assert.match(judgeUnwritable('EIO', undefined, undefined)[0]?.evidence[0] ?? '', /uid unknown/);
  });
});
