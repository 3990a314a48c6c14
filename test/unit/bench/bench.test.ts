import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bench, parseBench, renderBench } from '../../bench/bench-file.ts';
import { compareFigure, compareMachines, missingFigures } from '../../bench/compare.ts';
import { type Figure, renderFigure, renderNumber, toFigure } from '../../bench/figure.ts';
import { readOptions, renderHelp } from '../../bench/options.ts';
import type { Part } from '../../bench/parts.ts';
import { runParts } from '../../bench/run.ts';

const START = toFigure({
  what: 'start',
  value: [500, 440, 469],
  unit: 'ms',
  peer: 'node -e 0, 56 ms',
  ratio: 8.4123,
  target: { of: 'ratio', atMost: 10 },
});
const MEMORY = toFigure({
  what: 'memory',
  value: 161.26,
  unit: 'MB PSS',
  peer: 'gate 45 MB',
  target: { of: 'value', atMost: 160 },
});
const ABOUT = { commit: 'abc1234', date: '2026-11-30T12:00:00.000Z', node: 'v24.0.0', cores: 2 };
const EARLIER: Bench = {
  ...ABOUT,
  figures: [
    { part: 'start', ...START, value: 455, ratio: 8.1 },
    { part: 'memory', ...MEMORY },
  ],
};

describe('bench, a figure', () => {
  it('is the median of its measurements, to four digits', () => {
    assert.deepEqual([START.value, START.range], [469, { low: 440, high: 500, count: 3 }]);
    assert.deepEqual([MEMORY.value, MEMORY.range, START.ratio], [161.3, null, 8.412]);
  });

  it('meets a target of its ratio or of its value, the bound included', () => {
    const measured = { what: 'w', value: 2, unit: 'u', peer: 'p', ratio: 0.8 };
    const met = (target: NonNullable<Figure['target']>) => toFigure({ ...measured, target }).met;
    assert.equal(met({ of: 'ratio', atLeast: 0.8 }), true);
    assert.equal(met({ of: 'ratio', atLeast: 0.81 }), false);
    assert.equal(met({ of: 'value', atMost: 2 }), true);
    assert.equal(met({ of: 'value', atMost: 1.99 }), false);
    assert.equal(toFigure(measured).met, true);
  });

  it('is refused when it is no number, or when its target needs a ratio that is missing', () => {
    const measured = { what: 'w', unit: 'u', peer: 'p' };
    assert.throws(() => toFigure({ ...measured, value: Number.NaN }), /w: measured NaN u/);
    assert.throws(
      () => toFigure({ ...measured, value: 1, target: { of: 'ratio', atMost: 1 } }),
      /target of the ratio/,
    );
  });

  it('is one line, with its peer and its target', () => {
    assert.equal(
      renderFigure(START),
      'met     start: 469 ms (440 to 500, n=3); ratio 8.41 to node -e 0, 56 ms (target: ratio at most 10)',
    );
    assert.equal(
      renderFigure(MEMORY),
      'MISSED  memory: 161 MB PSS; beside: gate 45 MB (target: value at most 160)',
    );
    assert.match(renderFigure({ ...MEMORY, note: 'one run', target: null }), /PSS, one run; .*no target\)$/);
    assert.deepEqual([343_000, -12.34, 0.456].map(renderNumber), ['343,000', '-12.3', '0.46']);
  });
});

describe('bench.json', () => {
  it('is read as it was written', () => {
    assert.deepEqual(parseBench(renderBench(EARLIER), 'bench.json'), EARLIER);
  });

  it('is refused with its name when it is something else', () => {
    assert.throws(() => parseBench('{', 'bench.json'), /bench\.json is not JSON/);
    assert.throws(
      () => parseBench('{"commit":"a"}', 'old.json'),
      /old\.json is no file of make bench.*figures/s,
    );
  });
});

describe('bench --compare', () => {
  it('shows the change of value and ratio in percent', () => {
    assert.equal(compareFigure(START, EARLIER), 'was 455 ms (+3.1 %), ratio 8.10 (+3.9 %)');
    assert.equal(compareFigure({ ...MEMORY, value: 80.65 }, EARLIER), 'was 161 MB PSS (-50.0 %)');
  });

  it('says so when the earlier run has no such figure, another unit, or 0', () => {
    assert.equal(compareFigure({ ...START, what: 'new' }, EARLIER), 'not in the run of abc1234');
    assert.match(compareFigure({ ...MEMORY, unit: 'kB' }, EARLIER), /another unit/);
    const zero: Bench = { ...ABOUT, figures: [{ part: 'memory', ...MEMORY, value: 0 }] };
    assert.match(compareFigure(MEMORY, zero), /no change in percent from 0/);
  });

  it('names the figures of the measured parts that are missing now', () => {
    assert.deepEqual(missingFigures([START], EARLIER, ['start', 'memory']), ['memory']);
    assert.deepEqual(missingFigures([START], EARLIER, ['start']), []);
  });

  it('names what differs between the machines', () => {
    assert.equal(
      compareMachines({ ...ABOUT, cores: 8 }, EARLIER),
      'compared with abc1234 of 2026-11-30; cores was 2 and is 8',
    );
  });
});

describe('bench, its command line', () => {
  const all = ['start', 'send', 'gate'];

  it('measures all parts into bench.json, or the named parts in the declared order into no file', () => {
    assert.deepEqual(readOptions([], all), { parts: all, out: 'bench.json', wantsHelp: false });
    assert.deepEqual(readOptions(['gate', 'start'], all), { parts: ['start', 'gate'], wantsHelp: false });
  });

  it('leaves bench.json unchanged in a comparison, and writes where --out says', () => {
    const compared = { parts: all, compare: 'bench.json', wantsHelp: false };
    assert.deepEqual(readOptions(['--compare', 'bench.json'], all), compared);
    assert.equal(readOptions(['send', '--out', 'a.json'], all).out, 'a.json');
  });

  it('refuses parts and options that do not exist', () => {
    assert.throws(() => readOptions(['sends'], all), /no part sends; the parts are start, send, gate/);
    assert.throws(() => readOptions(['--loud'], all), /--loud/);
  });

  it('explains each part in --help', () => {
    assert.match(renderHelp({ start: { measures: 'the start' } }), /^ {2}start +the start$/m);
  });
});

describe('bench, a run', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('prints each figure before the next is measured, and writes all', async () => {
    const lines: string[] = [];
    const out = join(folder, 'out.json');
    const parts = new Map([
      ['start', part(START)],
      ['memory', part({ ...MEMORY, value: 81 }, () => assert.match(lines.at(-1) ?? '', /^ {8}was 455 ms/))],
    ]);
    assert.equal(await run({ parts, out, lines, earlier: EARLIER }), 0);
    assert.deepEqual(
      lines.map((line) => line.slice(0, 14)),
      ['compared with ', 'met     start:', '        was 45', 'MISSED  memory', '        was 16'],
    );
    const { figures, ...about } = parseBench(readFileSync(out, 'utf8'), out);
    assert.deepEqual(about, ABOUT);
    assert.deepEqual(
      figures.map((figure) => [figure.part, figure.value]),
      [
        ['start', 469],
        ['memory', 81],
      ],
    );
  });

  it('goes on after a part that fails, and leaves bench.json unchanged', async () => {
    const lines: string[] = [];
    const bench = () => (existsSync('bench.json') ? readFileSync('bench.json', 'utf8') : undefined);
    const before = bench();
    const broken: Part = {
      ...part(START),
      async *measure() {
        yield await Promise.reject(new Error('no wrk'));
      },
    };
    const parts = new Map([
      ['broken', broken],
      ['memory', part(MEMORY)],
    ]);
    assert.equal(await run({ parts, out: 'bench.json', lines }), 1);
    assert.match(lines.join('\n'), /^MISSED {2}memory[^\n]*$/);
    assert.deepEqual(bench(), before);
  });
});

function part(figure: Figure, before?: () => void): Part {
  return {
    measures: figure.what,
    programs: [],
    needsBrowser: false,
    async *measure() {
      before?.();
      yield figure;
    },
  };
}

async function run(options: {
  readonly parts: ReadonlyMap<string, Part>;
  readonly out: string;
  readonly lines: string[];
  readonly earlier?: Bench;
}): Promise<number> {
  const { lines, ...others } = options;
  return await runParts({ ...others, about: ABOUT, print: (line) => lines.push(line), say: () => undefined });
}
