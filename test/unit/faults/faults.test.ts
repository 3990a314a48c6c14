import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { faults } from '../../faults/faults.ts';

describe('faults', () => {
  it('are 30 or more, each with a name of its own', () => {
    assert.ok(faults.length >= 30);
    assert.equal(new Set(faults.map(({ name }) => name)).size, faults.length);
  });

  it('replace a text that occurs once in its source', () => {
    const gone = faults.filter(({ file, text }) => readFileSync(file, 'utf8').split(text).length !== 2);
    assert.deepEqual(
      gone.map(({ name, file }) => `${file}: ${name}`),
      [],
    );
  });

  it('name tests of existing files', () => {
    const files = faults.flatMap(({ tests }) => tests.map(({ file }) => file));
    assert.ok(faults.every(({ tests }) => tests.length > 0));
    assert.deepEqual(
      files.filter((file) => !existsSync(file)),
      [],
    );
  });
});
