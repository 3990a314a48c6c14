import assert from 'node:assert/strict';
import { DeadlineError, within } from '../../../services/bridge/deadline.ts';

const never = () => new Promise<string>(() => undefined);

describe('bridge, deadlines', () => {
  it('pass on what came in time', async () => {
    assert.equal(await within(1_000, Promise.resolve('in time'), 'it'), 'in time');
    await assert.rejects(within(1_000, Promise.reject(new Error('failed')), 'it'), /^Error: failed$/);
  });

  it('reject what did not, with its name and the time', async () => {
    await assert.rejects(within(5, never(), 'the page'), (error) => {
      assert.ok(error instanceof DeadlineError);
      assert.equal(error.message, 'the page took longer than 5 ms');
      return true;
    });
  });

  it('reject at once, with its reason, when the signal aborts, also if it had before', async () => {
    const death = new AbortController();
    const waiting = within(60_000, never(), 'the page', death.signal);
    death.abort(new Error('the browser died'));
    await assert.rejects(waiting, /the browser died/);
    await assert.rejects(within(60_000, never(), 'the page', death.signal), /the browser died/);
  });

  it('never leave a late failure unhandled', async () => {
    const late = Promise.withResolvers<string>();
    await assert.rejects(within(1, late.promise, 'the page'), DeadlineError);
    late.reject(new Error('too late for anybody'));
    await new Promise((resolve) => setImmediate(resolve));
  });
});
