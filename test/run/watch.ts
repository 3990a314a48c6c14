// `make watch [T=path]`: runs the unit tests that a change touches, at each change, until Ctrl-C.
import { globSync, watch } from 'node:fs';
import { parseArgs } from 'node:util';
import { dependentsOf } from './dependents.ts';
import { runMocha } from './mocha.ts';
import { filesNamedBy, filesOf, TIERS } from './tiers.ts';

const WATCHED = ['bin', 'cli', 'config', 'deploy', 'nginx', 'operate', 'services', 'test'];
/** Editors write a file in several steps. */
const SETTLED_MS = 100;

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const changed = new Set<string>();
let settled: NodeJS.Timeout | undefined;
let isRunning = false;

for (const folder of WATCHED)
  watch(folder, { recursive: true }, (_event, name) => {
    if (name === null) return;
    changed.add(`${folder}/${name}`);
    clearTimeout(settled);
    settled = setTimeout(() => void runChanged(), SETTLED_MS);
  });
process.stdout.write(
  'watching the sources; a change runs the unit tests that import the changed file (Ctrl-C ends)\n',
);

async function runChanged(): Promise<void> {
  if (isRunning) return;
  isRunning = true;
  while (changed.size > 0) {
    const names = [...changed];
    changed.clear();
    const touched = dependentsOf(names, globSync(WATCHED.map((folder) => `${folder}/**/*.ts`)));
    const unit = filesOf('unit').filter((file) => touched.has(file));
    // Tests of other tiers run when they are changed themselves, not at each change of what they import.
    const edited = names.filter((name) => /^test\/(system|proof)\/.*\.test\.ts$/.test(name));
    const files = filesNamedBy([...unit, ...edited], values.only);
    process.stdout.write(`\n${names.join(', ')}: ${files.length} test files\n`);
    if (files.length === 0) continue;
    const { passed, failed } = await runMocha({
      files,
      jobs: TIERS.unit.jobs,
      timeoutMs: TIERS.unit.timeoutMs,
      env: edited.length > 0 ? {} : TIERS.unit.env,
    });
    process.stdout.write(`${passed.length} passed, ${failed.length} failed\n`);
  }
  isRunning = false;
}
