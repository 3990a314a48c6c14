import assert from 'node:assert/strict';
import { modules, removeExports, restoreExports } from '../../../../services/sandbox/web/modules/registry.ts';

function member(module: string, name: string): unknown {
  return Reflect.get(Object(modules[module]), name);
}

describe('exports of the stand-in', () => {
  afterEach(restoreExports);

  it('can be removed, twice too, and come back', () => {
    const former = member('WAWebWidFactory', 'createWid');
    removeExports(['WAWebWidFactory.createWid']);
    removeExports(['WAWebWidFactory.createWid']);
    assert.equal(member('WAWebWidFactory', 'createWid'), undefined);
    restoreExports();
    assert.equal(member('WAWebWidFactory', 'createWid'), former);
  });

  it('can be a member of a class', () => {
    const former = member('WAWebCallCollection', 'on');
    removeExports(['WAWebCallCollection.on', 'WAWebMsgKey.newId']);
    assert.equal(member('WAWebCallCollection', 'on'), undefined);
    restoreExports();
    assert.equal(member('WAWebCallCollection', 'on'), former);
    assert.equal(typeof member('WAWebMsgKey', 'newId'), 'function');
  });

  it('must be of a module that there is', () => {
    assert.throws(() => removeExports(['WAWebNothing.at']), /no export of the page: WAWebNothing\.at/);
  });
});
