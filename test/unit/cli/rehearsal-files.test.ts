import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../../../cli/command.ts';
import { requireFolder, saveReport } from '../../../cli/rehearsal-files.ts';
import { PrivateWords } from '../../../operate/rehearse/publish.ts';

const REHEARSED = {
  isReal: true,
  isWhole: true,
  versions: { kit_version: '0.1.0' },
  link: { by: 'qr code' },
  steps: [],
};

describe('the files of a rehearsal', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-report-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const save = (to: string) => saveReport(to, REHEARSED, new PrivateWords(), '/private.log');

  it('are two, and their place is said', () => {
    const { isSaved, said } = save(join(folder, 'report'));
    assert.equal(isSaved, true);
    assert.deepEqual(readdirSync(join(folder, 'report')), ['rehearsal.json', 'rehearsal.md']);
    assert.ok(said.includes(join(folder, 'report', 'rehearsal.md')));
  });

  it('are printed when they cannot be written: ten minutes of work are not lost', () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    for (const nowhere of [join(file, 'report'), '/dev/full/report']) {
      const { isSaved, said } = save(nowhere);
      assert.equal(isSaved, false);
      assert.match(
        said,
        /could not be written \(E[A-Z]+.*\)[\s\S]*# Rehearsal of Gatehouse[\s\S]*"format":1/,
      );
    }
  });

  it('need a folder before anything is started', () => {
    requireFolder(join(folder, 'new', 'report'));
    writeFileSync(join(folder, 'a-file'), '');
    assert.throws(() => requireFolder(join(folder, 'a-file', 'report')), UsageError);
  });
});
