import assert from 'node:assert/strict';
import { type Kit, NO_BROWSER, startKit } from '../../support/kit/kit.ts';
import { processesOf } from '../../support/kit/processes-of.ts';

const CTRL_C = '\u0003';
const CTRL_Q = '\u0011';
const CTRL_S = '\u0013';

describe('kit, on a terminal', () => {
  let kit: Kit;
  before(async () => {
    kit = await (await startKit({ args: ['start'], env: NO_BROWSER, terminal: true })).up();
  });
  after(() => kit?.[Symbol.asyncDispose]());

  it('logs for people', async () => {
    await kit.until('it logs', () => kit.output.includes('api listening on port'));
    assert.ok(!kit.output.includes('{"level"'));
    assert.match(kit.output, /\[\d\d:\d\d:\d\d\.\d+\] .*supervisor/);
  });

  it('serves on while the terminal is stopped by Ctrl-S', async () => {
    kit.child.stdin?.write(CTRL_S);
    // Far more log than a terminal and the pipes hold.
    for (let count = 0; count < 400; count += 20) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(`${kit.origin}/api/nothing`)));
      for (const { status } of answers) assert.equal(status, 404);
    }
    assert.equal((await fetch(`${kit.origin}/health`)).status, 200);
    const shown = kit.output.length;
    kit.child.stdin?.write(CTRL_Q);
    await kit.until('the terminal shows more', () => kit.output.length > shown + 1_000);
  });

  it('stops in order on Ctrl-C, even on several', async () => {
    kit.child.stdin?.write(CTRL_C);
    kit.child.stdin?.write(CTRL_C);
    assert.equal(await kit.exit, 0);
    assert.deepEqual(processesOf(kit.dataDir), []);
  });
});
