import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare } from '../../run/prepare.ts';
import { until } from '../../support/until.ts';

describe('preparation of a tier', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-prepare-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const program = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };

  it('runs with the lowest priority, and its failure is none of the run', async () => {
    // It may begin before it has its priority.
    const text = `setInterval(() => { if (require('node:os').getPriority() === 19) process.exit(3); }, 5);`;
    await prepare(program('fails.cjs', text)).ended;
  });

  it('ends when the run ends', async () => {
    const begun = join(folder, 'begun');
    const text = `require('node:fs').writeFileSync('${begun}', ''); setInterval(() => {}, 1_000);`;
    const preparation = prepare(program('waits.cjs', text));
    await until('it runs', () => existsSync(begun));
    preparation.end();
    await preparation.ended;
  });
});
