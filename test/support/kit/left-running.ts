// A test file whose hook fails after it has started a kit, and that ends nothing (test/system/kit/left-kit.test.ts).
import { NO_BROWSER, startKit } from './kit.ts';

describe('kit that nobody ends', () => {
  before(async () => {
    const kit = await (await startKit({ args: ['start'], env: NO_BROWSER })).up();
    console.log(JSON.stringify({ dataDir: kit.dataDir, count: kit.processes.length }));
    throw new Error('fails after the start');
  });

  it('never runs', () => undefined);
});
