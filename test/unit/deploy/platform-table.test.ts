import assert from 'node:assert/strict';
import { cloudrun } from '../../../deploy/cloudrun/render.ts';
import { fly } from '../../../deploy/fly/render.ts';
import { platformTable } from '../../../deploy/platform-tables.ts';
import { platforms } from '../../../deploy/platforms.ts';
import { railway } from '../../../deploy/railway/render.ts';
import { renderInput } from '../../../deploy/rendering/render-input.ts';

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

  it('tells the grace to which the kit settles there', () => {
    for (const { facts } of platforms)
      assert.equal(renderInput(facts).config.stop.graceMs, facts.stopGraceMs, facts.title);
  });

  it('keeps its columns when a fact has a bar in it', () => {
    const odd = { ...fly, facts: { ...fly.facts, health: '200 | 204' } };
    assert.match(platformTable([odd]), /200 \\\| 204/);
  });

  it('has a source for every platform', () => {
    for (const { facts } of platforms) assert.match(facts.sources.join(' '), /20\d\d-\d\d/, facts.title);
  });
});
