import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type Bench, parseBench } from '../../bench/bench-file.ts';
import { toFigure } from '../../bench/figure.ts';
import { documentsOf } from '../../bench/figures-document.ts';
import { BENCH_FILE } from '../../bench/options.ts';

/** One figure for each name that the README shows, and one that it does not show. */
const NAMES = [
  'start to /health/live',
  'memory of supervisor, gate and api after 200 sends',
  'gate back after kill -9',
  'node gate, longest wait of 50 clients while the api restarts in order',
  'sequential sends through the whole kit, on the stand-in',
  "from a send to WhatsApp's server, through the whole kit, p50 of 300",
  'sends accepted, 1 client',
  'events to 100 readers of the stream, stored before',
  'memory of the api with 1,000,000 messages and events',
  'node gate, 200 bytes of JSON, 1 connection, against minimal nginx',
  'node gate, memory of each of 2000 idle WebSockets',
  'a page of events',
];
const BENCH: Bench = {
  commit: 'abc1234',
  date: '2026-11-30T12:00:00.000Z',
  node: 'v24.0.0',
  cores: 2,
  figures: NAMES.map((what) => ({
    part: 'a part',
    ...toFigure({
      what,
      value: 2,
      unit: 'ms',
      peer: 'its peer, 1 ms',
      ratio: 2,
      target: { of: 'ratio', atMost: what === 'a page of events' ? 1 : 3 },
    }),
  })),
};

describe('the documents of a run', () => {
  it('show all figures with their commit, and each miss as one', () => {
    const all = documentsOf(BENCH).get('docs/figures.md') ?? '';
    assert.match(all, /commit abc1234, 2026-11-30, Node v24\.0\.0, 2 cores/);
    assert.match(all, /Of 12 targets, 11 are met/);
    assert.ok(
      all.includes('| a page of events | 2.00 ms | its peer, 1 ms | 2.00 | ratio at most 1: **missed** |'),
    );
  });

  it('show in the README some of them, between its marks', () => {
    const readme = documentsOf(BENCH).get('README.md') ?? '';
    const [, part = ''] = /<!-- figures: made by make bench -->(.*)<!-- figures: end -->/s.exec(readme) ?? [];
    for (const name of NAMES) assert.equal(part.includes(`| ${name} |`), name !== 'a page of events', name);
    assert.match(readme, /^# Gatehouse/m);
  });

  it('are not made of a run that lacks a figure of the README', () => {
    const figures = BENCH.figures.filter(({ what }) => what !== 'start to /health/live');
    assert.throws(() => documentsOf({ ...BENCH, figures }), /the run has no figure \/\^start to/);
  });

  it('are committed as they are made of the committed run', () => {
    const committed = parseBench(readFileSync(BENCH_FILE, 'utf8'), BENCH_FILE);
    for (const [file, text] of documentsOf(committed)) assert.equal(readFileSync(file, 'utf8'), text, file);
  });
});
