import assert from 'node:assert/strict';
import {
  endWithoutStart,
  OutputTail,
  type ProcessExit,
  troubleOfExit,
} from '../../../services/supervisor/processes/run-end.ts';

const exit = (facts: Partial<ProcessExit>) =>
  troubleOfExit({
    code: 1,
    signal: null,
    isKit: true,
    isKilledByUs: false,
    hadOomKill: false,
    errors: '',
    output: '',
    ...facts,
  });
const killed = { code: null, signal: 'SIGKILL' } as const;

describe('end of a run of a service', () => {
  it('is trouble of the machine where a service of the kit says so by its exit code, and names it', () => {
    assert.equal(exit({ code: 71 }), 'EX_OSERR');
    assert.equal(exit({ code: 71, output: '{"level":"fatal","err":{"code":"EMFILE"}}' }), 'EMFILE');
    assert.equal(exit({ code: 71, errors: 'write failed: No space left on device' }), 'ENOSPC');
  });

  it('is that where libuv aborts a Node without a word, as it does when it gets no thread', () => {
    const aborted = { code: null, signal: 'SIGABRT' } as const;
    assert.equal(exit(aborted), 'EX_OSERR');
    assert.equal(exit({ ...aborted, isKit: false }), undefined);
    assert.equal(exit({ ...aborted, errors: 'FATAL ERROR: JavaScript heap out of memory' }), undefined);
  });

  it('is that, too, where any program says so as it fails or aborts', () => {
    const errors = 'pthread_create: Resource temporarily unavailable';
    assert.equal(exit({ errors }), 'EAGAIN');
    assert.equal(exit({ code: null, signal: 'SIGABRT', errors }), 'EAGAIN');
    assert.equal(exit({ code: 0, errors }), undefined);
    assert.equal(exit({ output: errors }), undefined, 'a log may tell of anything');
  });

  it('is that where the kernel killed it for want of memory, and not where somebody else did', () => {
    assert.equal(exit({ ...killed, hadOomKill: true }), 'OOM');
    assert.equal(exit({ ...killed, hadOomKill: true, isKilledByUs: true }), undefined);
    assert.equal(exit(killed), undefined);
    assert.equal(exit({ code: 7, hadOomKill: true }), undefined);
  });

  it('is that where the process could not be started for it', () => {
    const error = Object.assign(new Error('spawn node EAGAIN'), { code: 'EAGAIN' });
    assert.equal(endWithoutStart(error).trouble, 'EAGAIN');
    assert.equal(endWithoutStart(Object.assign(new Error('spawn'), { code: 'ENOENT' })).trouble, undefined);
  });

  it('keeps the last lines of an output, however it comes', () => {
    const tail = new OutputTail();
    for (let n = 0; n < 10_000; n += 1) tail.add(Buffer.from(`line ${n}\nEM`));
    tail.add(Buffer.from('FILE\n'));
    assert.ok(tail.text.length < 8_192);
    assert.match(tail.text, /EMFILE$/);
  });
});
