import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { railway } from '../../../../deploy/railway/render.ts';
import { inputFor, textAt } from '../../../support/deploy/platforms/support.ts';

const FILE = '.railway/railway.ts';
const TSC = fileURLToPath(new URL('../../../../node_modules/.bin/tsc', import.meta.url));
const DECLARATION = fileURLToPath(
  new URL('../../../support/deploy/platforms/railway-iac.d.ts', import.meta.url),
);

/** What the compiler has against several railway.ts at once, by their names. */
function compile(files: Readonly<Record<string, string>>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-railway-'));
  try {
    copyFileSync(DECLARATION, join(folder, 'railway-iac.d.ts'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `${name}.ts`), text);
    const compilerOptions = {
      noEmit: true,
      strict: true,
      noUnusedLocals: true,
      types: [],
      target: 'ES2024',
      module: 'NodeNext',
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    const { stdout, status } = spawnSync(TSC, ['--pretty', 'false', '-p', folder], {
      cwd: folder,
      encoding: 'utf8',
    });
    assert.ok(status === 0 || stdout !== '', `tsc ended with ${status} and said nothing`);
    return stdout.split('\n').filter((line) => line.includes('error'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('.railway/railway.ts', () => {
  const rendered = (changes = {}) => textAt(railway.render(inputFor(railway, changes)), FILE);

  it('is the TypeScript that Railway documents, and misspelt or mistyped it is not', () => {
    const good = rendered();
    const spoilt = {
      build: good.replace('build:', 'builds:'),
      builder: good.replace("'DOCKERFILE'", "'DOCKER'"),
      healthcheck: good.replace('healthcheck:', 'healthCheck:'),
      timeout: good.replace('healthcheckTimeout: 300', "healthcheckTimeout: '300'"),
      replicas: good.replace('replicas: 1', "replicas: '1'"),
      restart: good.replace("'ALWAYS'", "'always'"),
      sleep: good.replace('sleepApplication: false', "sleepApplication: 'no'"),
      mount: good.replace(': data }', ": '/data' }"),
      size: good.replace('sizeMB: 5000', 'sizeGB: 5'),
      variable: good.replace("PORT: '8080'", 'PORT: 8080'),
      secret: good.replace('preserve()', 'preserve'),
      project: good.replace('resources:', 'resource:'),
    };
    for (const [name, text] of Object.entries(spoilt)) assert.notEqual(text, good, name);
    const errors = compile({
      good,
      full: rendered({ region: 'europe-west4', domain: 'chat.example.org', settings: { TZ: "O'Clock" } }),
      ...spoilt,
    });
    const faulty = new Set(errors.map((line) => line.slice(0, line.indexOf('.ts'))));
    assert.deepEqual([...faulty].sort(), Object.keys(spoilt).sort(), errors.join('\n'));
  });
});
