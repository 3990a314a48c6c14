import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PATIENCE_MS } from '../../support/until.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const TIERS = /^test\/(unit|system|proof|conformance)\//;
const MAX_LINES = 250;
/** A longer sleep needs a comment that says why no condition can be awaited. */
const MAX_SLEEP_MS = 50;
/** `sleep(200)` and `setTimeout(resolve, 200)`, but no limit such as `setTimeout(() => …, 200)`. */
const SLEEP = /\b(?:(?:sleep|delay|pause)\(|setTimeout\((?:\w+, ?)?)([\d_]+)[,)]/;
/** `until(…, { withinMs: 5_000 })`, `this.timeout(90_000)`. */
const LIMIT = /(?:\buntil\(.*\bwithinMs: |^\s*(?:this|\}\))\.timeout\()([\d_]+)\b/;
const COMMENT = /(?:^|\s)(?:\/\/|\*|\/\*)/;

const files = globSync('test/**/*.ts', { cwd: ROOT }).map((name) => ({
  name,
  lines: readFileSync(join(ROOT, name), 'utf8').trimEnd().split('\n'),
}));
const testFiles = files.filter(({ name }) => name.endsWith('.test.ts'));

describe('house rules of the tests', () => {
  it('put each test file in a tier', () => {
    assert.ok(testFiles.length > 200);
    const elsewhere = testFiles.filter(({ name }) => !TIERS.test(name));
    assert.deepEqual(
      elsewhere.map(({ name }) => name),
      [],
    );
  });

  it(`allow at most ${MAX_LINES} lines in a test file`, () => {
    const long = testFiles
      .filter(({ lines }) => lines.length > MAX_LINES)
      .map(({ name, lines }) => `${name}: ${lines.length}`);
    assert.deepEqual(long, []);
  });

  it(`allow no sleep of more than ${MAX_SLEEP_MS} ms without a comment that says why`, () => {
    const unexplained = files
      .filter(({ name }) => TIERS.test(name) || name.startsWith('test/support/'))
      .flatMap(({ name, lines }) =>
        lines.flatMap((line, index) => {
          const isExplained = COMMENT.test(line) || COMMENT.test(lines[index - 1] ?? '');
          return sleepMs(line) > MAX_SLEEP_MS && !isExplained ? [`${name}:${index + 1}`] : [];
        }),
      );
    assert.deepEqual(unexplained, []);
  });

  it('let a test wait long: a wait that gives up early fails on a slow machine', () => {
    const short = files
      .filter(({ name }) => TIERS.test(name) || name.startsWith('test/support/'))
      .filter(({ name }) => !name.endsWith('house-rules/tests.test.ts'))
      .flatMap(({ name, lines }) =>
        lines.flatMap((line, index) =>
          (limitMs(line) ?? PATIENCE_MS) < PATIENCE_MS ? [`${name}:${index + 1}`] : [],
        ),
      );
    assert.deepEqual(short, []);
    for (const line of [
      '  this.timeout(90_000);',
      '}).timeout(300);',
      'until("it is", is, { withinMs: 5_000 });',
    ])
      assert.ok((limitMs(line) ?? PATIENCE_MS) < PATIENCE_MS, line);
    assert.equal(limitMs('await until("it is", is);'), undefined);
  });

  it('know a sleep from a limit', () => {
    // Texts, and no calls.
    for (const line of ['await sleep(100);', 'setTimeout(resolve, 1_000)', 'await setTimeout(60)'])
      assert.ok(sleepMs(line) > MAX_SLEEP_MS, line);
    for (const line of ['await sleep(50);', 'setTimeout(() => late(), 100)', 'sleep(PACE_MS)'])
      assert.ok(sleepMs(line) <= MAX_SLEEP_MS, line);
  });
});

/** The limit of a wait or of a test in this line, if it has one. */
function limitMs(line: string): number | undefined {
  const [, limit] = LIMIT.exec(line) ?? [];
  return limit === undefined ? undefined : Number(limit.replaceAll('_', ''));
}

function sleepMs(line: string): number {
  return Number((SLEEP.exec(line)?.[1] ?? '0').replaceAll('_', ''));
}
