import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { dependentsOf } from '../../run/dependents.ts';

const FILES = globSync('{bin,cli,config,deploy,nginx,operate,services,test}/**/*.ts');

describe('files that a change touches', () => {
  it('are those that import it, directly or through others', () => {
    const touched = dependentsOf(['services/gate/contract/canonical-path.ts'], FILES);
    assert.ok(touched.has('test/unit/gate/admission/canonical-path.test.ts'));
    assert.ok(touched.has('test/conformance/gate/admission/refusals.test.ts'));
    assert.ok(!touched.has('test/unit/contract/chat-id.test.ts'));
  });

  it('include a changed test itself, and nothing for a file that is gone', () => {
    const file = 'test/unit/contract/chat-id.test.ts';
    assert.deepEqual([...dependentsOf([file, 'services/gone.ts'], FILES)], [file]);
  });
});
