import assert from 'node:assert/strict';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GATES } from '../../support/gate/gates.ts';
import { type Kit, startKit } from '../../support/kit/kit.ts';

const AT_UMASK_022 = ['sh', '-c', 'umask 022; exec "$@"', 'sh'] as const;
const FIRST = '15550101';

/** Every file and folder below a folder, itself included, links left out, with the last digits of its mode. */
function modesBelow(path: string): [path: string, mode: number][] {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || stats.isSymbolicLink()) return [];
  const inside = stats.isDirectory() ? readdirSync(path).flatMap((name) => modesBelow(join(path, name))) : [];
  return [...inside, [path, stats.mode & 0o777]];
}

function openTo(others: number, dataDir: string): string[] {
  return modesBelow(dataDir).flatMap(([path, mode]) =>
    (mode & others) === 0 ? [] : [`${path} ${mode.toString(8)}`],
  );
}

/** A message there and one back, so that there is something in the database, the spool and the journal of the phone. */
async function talk(kit: Kit): Promise<void> {
  const sent = await kit.post('/api/whatsapp/send', { chat_id: FIRST, message: 'for you alone' });
  assert.ok([200, 202].includes(sent.status), await sent.text());
  const upload = await fetch(`${kit.origin}/api/whatsapp/media`, {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body: Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYPgPAAEDAQAIicLsAAAAAElFTkSuQmCC',
      'base64',
    ),
  });
  assert.equal(upload.status, 201, await upload.text());
}

for (const { name: gate } of GATES)
  describe(`files of a kit that starts at umask 022 (${gate} gate)`, () => {
    let dataDir: string;
    const start = async () =>
      (await startKit({ dataDir, within: AT_UMASK_022, env: { GATE: gate, TAKE_OVER: 'true' } })).ready();
    before(() => {
      dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-private-'));
    });
    after(() => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 }));

    it('are all for the user of the kit alone, those of Chromium, nginx and SQLite too', async () => {
      await using kit = await start();
      await talk(kit);
      assert.deepEqual(openTo(0o077, dataDir), []);
      const names = modesBelow(dataDir).map(([path]) => path);
      for (const file of [/gatehouse\.db-wal$/, /phone\.jsonl$/, /session-default\//, /spool\//])
        assert.ok(
          names.some((path) => file.test(path)),
          `${file} was looked at`,
        );
      assert.ok(!kit.output.includes('other users could read'), kit.output);
    });

    it('become so when an earlier release has left them open, and those of others stay as they are', async () => {
      for (const [path, mode] of modesBelow(dataDir))
        chmodSync(path, mode | 0o044 | ((mode & 0o100) === 0 ? 0 : 0o011));
      mkdirSync(join(dataDir, 'shop'));
      writeFileSync(join(dataDir, 'shop', 'prices.txt'), '');
      for (const name of ['shop', 'shop/prices.txt']) chmodSync(join(dataDir, name), 0o755);
      await using kit = await start();
      await talk(kit);
      assert.deepEqual(
        openTo(0o077, dataDir),
        ['shop/prices.txt', 'shop'].map((name) => `${join(dataDir, name)} 755`),
      );
      assert.match(kit.output, /other users could read \d+ files and folders of the kit: now they cannot/);
    });
  });
