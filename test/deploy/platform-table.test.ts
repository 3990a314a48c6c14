import assert from 'node:assert/strict';
import { platformTable } from '../../deploy/platform-table.ts';
import { cloudrun } from '../../deploy/platforms/cloudrun.ts';
import { fly } from '../../deploy/platforms/fly.ts';
import { railway } from '../../deploy/platforms/railway.ts';
import { platforms } from '../../deploy/registry.ts';

describe('table of the platforms', () => {
  const rows = platformTable(platforms).trimEnd().split('\n');

  it('has a row for each, with a cell for each column', () => {
    assert.equal(rows.length, platforms.length + 2);
    const cells = rows.map((row) => row.match(/(?<!\\)\|/g)?.length);
    assert.deepEqual(new Set(cells), new Set([11]));
  });

  it('tells the grace that the file asks for, and how far it could go', () => {
    const graceOf = (platform: typeof fly | typeof railway | typeof cloudrun) =>
      platformTable([platform]).split('\n')[2]?.split(' | ')[5];
    assert.equal(graceOf(fly), '30 s asked for, at most 300 s');
    assert.equal(graceOf(railway), '30 s asked for');
    assert.equal(graceOf(cloudrun), '10 s, fixed');
  });

  it('keeps its columns when a fact has a bar in it', () => {
    const odd = { ...fly, facts: { ...fly.facts, health: '200 | 204' } };
    assert.match(platformTable([odd]), /200 \\\| 204/);
  });

  it('has a source for every platform', () => {
    for (const { facts } of platforms) assert.match(facts.sources.join(' '), /20\d\d-\d\d/, facts.title);
  });
});
