import assert from 'node:assert/strict';
import { getHeapSpaceStatistics } from 'node:v8';
import { noteBodyBytes } from '../../../../services/gate/forward/collect-garbage.ts';

describe('noteBodyBytes', () => {
  it('has the young objects collected once 8 MiB have passed, and not before', () => {
    noteBodyBytes(8 * 1024 ** 2); // Whatever others have noted: from here on the count is known.
    let rubbish: object[] | undefined = Array.from({ length: 20_000 }, (_, index) => ({ index }));
    assert.equal(rubbish.length, 20_000);
    rubbish = undefined;
    const before = youngBytes();
    noteBodyBytes(8 * 1024 ** 2 - 1);
    assert.ok(youngBytes() >= before, 'it was collected before its time');
    noteBodyBytes(1);
    assert.ok(youngBytes() < before, `${youngBytes()} of ${before} bytes are still there`);
  });

  it('leaves no gc to the rest of the process', () => assert.equal(Reflect.get(globalThis, 'gc'), undefined));
});

function youngBytes(): number {
  const young = getHeapSpaceStatistics().filter(({ space_name }) => space_name.startsWith('new_'));
  return young.reduce((sum, { space_used_size }) => sum + space_used_size, 0);
}
