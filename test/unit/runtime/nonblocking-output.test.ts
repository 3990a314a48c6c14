import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { makeNonblocking } from '../../../services/runtime/nonblocking-output.ts';

describe('output that must not block', () => {
  it('is left as it is where its handle has another shape', () => {
    const stream = new PassThrough();
    assert.equal(makeNonblocking(stream), false);
    assert.equal(makeNonblocking(Object.assign(stream, { _handle: null })), false);
    assert.equal(makeNonblocking(Object.assign(stream, { _handle: { setBlocking: true } })), false);
    stream.write('still written');
    assert.equal(String(stream.read()), 'still written');
  });
});
