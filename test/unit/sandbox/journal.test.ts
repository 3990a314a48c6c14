import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Journal } from '../../../services/sandbox/phone/journal.ts';
import { loadCertificate } from '../../../services/sandbox/site/certificate.ts';
import { recordOf } from '../../support/sandbox/sandbox-folder.ts';

describe('journal', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-journal-'));
    path = join(folder, 'sub', 'journal.jsonl');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(...entries: Record<string, unknown>[]): void {
    const journal = new Journal(path, recordOf);
    for (const entry of entries) journal.append(entry);
    journal.close();
  }

  it('gives back what earlier runs wrote, line ends in texts included', () => {
    write({ a: 'one\ntwo' });
    write({ b: 2 });
    assert.deepEqual(new Journal(path, recordOf).past, [{ a: 'one\ntwo' }, { b: 2 }]);
  });

  it('drops a torn last line from the file, and goes on after it', () => {
    write({ a: 1 });
    const whole = readFileSync(path);
    for (let length = 1; length < whole.length; length++) {
      writeFileSync(path, Buffer.concat([whole, whole.subarray(0, whole.length - length)]));
      write({ b: 'é' });
      assert.equal(readFileSync(path, 'utf8'), '{"a":1}\n{"b":"é"}\n');
    }
  });

  it('refuses a line that is no record, and says which', () => {
    write({ a: 1 });
    appendFileSync(path, 'nonsense\n');
    assert.throws(() => new Journal(path, recordOf), /journal\.jsonl:2 is no record/);
  });
});

describe('certificate of the stand-in', () => {
  it('keeps its key over restarts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-certificate-'));
    const first = await loadCertificate(folder);
    const second = await loadCertificate(folder);
    const other = await loadCertificate(join(folder, 'other'));
    rmSync(folder, { recursive: true });
    assert.deepEqual(second.spki, first.spki);
    assert.equal(second.key.trim(), first.key.trim());
    assert.notEqual(other.spki, first.spki);
  });
});
