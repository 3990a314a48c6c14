import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { filesNamedBy, filesOf } from '../../run/tiers.ts';

describe('test tiers', () => {
  it('run each conformance suite in the unit tier and in the system tier', () => {
    const shared = (files: string[]) => files.filter((file) => file.startsWith('test/conformance/'));
    assert.deepEqual(shared(filesOf('unit')), shared(filesOf('system')));
    assert.ok(shared(filesOf('unit')).length > 0);
    assert.deepEqual(shared(filesOf('proof')), []);
  });

  it('name existing files as the bounded part of proof', () => {
    const files = filesOf('bounded');
    assert.deepEqual(
      files.filter((file) => !existsSync(file) || !filesOf('proof').includes(file)),
      [],
    );
    assert.equal(files.length, 5);
  });

  it('run every file that a path names', () => {
    const file = 'test/conformance/gate/forward/hold.test.ts';
    const named = (path: string) => filesNamedBy(filesOf('unit'), path).includes(file);
    for (const path of [
      'gate/hold',
      'hold',
      'gate',
      'test/conformance/gate',
      './test/conformance/gate/',
      file,
      '',
    ])
      assert.ok(named(path), path);
    for (const path of ['hold/gate', 'old', 'gate/old', 'test/unit', 'api']) assert.ok(!named(path), path);
  });

  it('run the file that imports a suite which a path names', () => {
    assert.deepEqual(filesNamedBy(filesOf('system'), 'kit/reach'), ['test/system/kit/open-kit.test.ts']);
  });
});
