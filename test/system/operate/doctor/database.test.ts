import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { database, judgeDatabase } from '../../../../operate/doctor/checks/programs.ts';
import { PostgresServer } from '../../../support/api/postgres-server.ts';
import { freePorts } from '../../../support/kit/kit.ts';
import { look, serveSilence, textOf } from '../../../support/operate/doctor/look.ts';

const lookAt = (url: string) => look(database, { env: { DATABASE_URL: url } });
const byPassword = (port: number) => `postgres://kit:hunter2hunter2@127.0.0.1:${port}/kit`;

describe('doctor, asking the database', () => {
  it('is content with one that answers, and knows a wrong name, user and password', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-doctor-test-'));
    try {
      chmodSync(folder, 0o755);
      const rules = join(folder, 'pg_hba.conf');
      writeFileSync(
        rules,
        'host all gatehouse 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n',
      );
      // The server runs as another user. A mode at creation would be cut by the umask of this process.
      chmodSync(rules, 0o644);
      await using server = await PostgresServer.start(['fsync=off', `hba_file=${rules}`]);
      assert.equal((await lookAt(server.url)).severity, 'good');
      const nowhere = await lookAt(`postgres://gatehouse@127.0.0.1:${server.port}/elsewhere`);
      assert.match(textOf(nowhere), /3D000\nit has no database of that name/);
      const stranger = await lookAt(byPassword(server.port));
      assert.match(textOf(stranger), /28P01\nit refuses the user or the password/);
      assert.ok(!textOf(stranger).includes('hunter2'));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('says that nothing listens there, and never the password', async () => {
    const { PORT } = await freePorts();
    const row = await lookAt(byPassword(PORT));
    assert.equal(row.severity, 'error');
    assert.match(textOf(row), /ECONNREFUSED\nnothing listens there/);
    assert.ok(!textOf(row).includes('hunter2'));
  });

  it('gives up on one that is silent', async () => {
    await using silent = await serveSilence();
    const row = await lookAt(byPassword(silent.port));
    assert.match(textOf(row), /it does not answer/);
  });

  it('has a cause for what else it may say, and none to ask without DATABASE_URL', async () => {
    assert.match(judgeDatabase('ENOTFOUND')[0]?.cause ?? '', /no address/);
    assert.match(judgeDatabase('53300')[0]?.cause ?? '', /no connection left/);
    assert.match(judgeDatabase('XX000')[0]?.cause ?? '', /cannot be used/);
    assert.equal((await look(database)).severity, 'skipped');
  });
});
