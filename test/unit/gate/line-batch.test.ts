import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { LineBatch } from '../../../services/gate/line-batch.ts';
import { createLog } from '../../../services/runtime/log.ts';

describe('lines of a log in batches', () => {
  let written: string[];
  let log: ReturnType<typeof createLog>;
  let batch: LineBatch;
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
    written = [];
    log = createLog('test', 'info', { write: (text: string) => void written.push(text) });
    batch = new LineBatch(log);
  });
  afterEach(() => mock.timers.reset());

  const lines = () =>
    written
      .join('')
      .split('\n')
      .filter((line) => line !== '')
      .map((line): Record<string, unknown> => JSON.parse(line));

  it('come in one write, 5 ms after the first of them', () => {
    batch.add('info', '"n":1', 'first');
    mock.timers.tick(4);
    batch.add('info', '"n":2', 'second');
    assert.deepEqual(written, []);
    mock.timers.tick(1);
    assert.equal(written.length, 1);
    assert.deepEqual(
      lines().map(({ msg }) => msg),
      ['first', 'second'],
    );
    batch.add('info', '"n":3', 'third');
    mock.timers.tick(5);
    assert.equal(written.length, 2);
  });

  it('do not wait where there are many', () => {
    for (let n = 0; n < 200; n += 1) batch.add('info', `"n":${n}`, 'x'.repeat(90));
    const count = lines().length;
    assert.ok(count > 50 && count < 200, `${count} lines`);
    mock.timers.tick(5);
    assert.deepEqual(
      lines().map(({ n }) => n),
      Array.from({ length: 200 }, (_none, n) => n),
    );
  });

  it('are like those of the log itself', () => {
    log.info({ n: 1 }, 'text');
    batch.add('info', '"n":1', 'text');
    batch.flush();
    const [fromLog, fromBatch] = lines();
    assert.deepEqual(Object.keys(fromBatch ?? {}), Object.keys(fromLog ?? {}));
    assert.deepEqual({ ...fromBatch, time: '' }, { ...fromLog, time: '' });
    assert.match(String(fromBatch?.time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });
});
