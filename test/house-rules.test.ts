import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = ['bin', 'cli', 'config', 'deploy', 'services'];

const files = SOURCES.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
)
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
  .map((name) => ({ name, text: readFileSync(join(ROOT, name), 'utf8') }));

/** What a file imports, as paths from the root; packages left out. */
function importsOf({ name, text }: { name: string; text: string }): string[] {
  return [...text.matchAll(/(?:from|import) '([^']+)'|import\('([^']+)'\)/g)].flatMap(([, still, lazy]) => {
    const target = still ?? lazy ?? '';
    if (target === '#config') return ['config/index.ts'];
    return target.startsWith('.') ? [relative(ROOT, resolve(ROOT, dirname(name), target))] : [];
  });
}

/** `config`, `services/gate`, `cli`: the parts between which imports have a direction. */
function partOf(path: string): string {
  const [top = '', second = ''] = path.split('/');
  return top === 'services' ? `services/${second}` : top;
}

/** What each part may import besides itself. A service never imports another: they talk HTTP. */
function mayImport(part: string): string[] {
  if (part === 'config') return [];
  if (part === 'services/contract') return [];
  if (part === 'services/runtime') return ['config', 'services/contract'];
  if (part.startsWith('services/')) return ['config', 'services/contract', 'services/runtime'];
  if (part === 'deploy') return ['config', 'services/contract', 'services/runtime'];
  if (part === 'cli')
    return ['config', 'deploy', 'services/contract', 'services/runtime', 'services/supervisor'];
  return ['cli'];
}

/** Code without its comments and the contents of its strings; whichever begins first hides the other. */
function codeOf(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/gm, (match) =>
    match.startsWith('/') ? '' : "''",
  );
}

describe('house rules', () => {
  it('are checked on all the sources', () => assert.ok(files.length > 60));

  for (const file of files) {
    const part = partOf(file.name);
    it(`${file.name} imports in the right direction`, () => {
      for (const target of importsOf(file)) {
        const other = partOf(target);
        assert.ok(other === part || mayImport(part).includes(other), `${file.name} imports ${target}`);
      }
    });
  }

  it('leaves process.env to config/', () => {
    const readers = files.filter(
      ({ name, text }) => !name.startsWith('config/') && codeOf(text).includes('process.env'),
    );
    assert.deepEqual(
      readers.map(({ name }) => name),
      [],
    );
  });

  it('has no cast but `as const`, and no swallowed error', () => {
    for (const { name, text } of files) {
      const code = codeOf(text).replace(/^(?:import|export) [\s\S]*?;$/gm, '');
      assert.deepEqual(code.match(/\S+ as (?!const\b)\w+/g), null, name);
      assert.ok(!/catch *(\([^)]*\))? *\{\s*\}/.test(code), name);
    }
  });

  it('keeps an entry file to about thirty lines and any file to one idea', () => {
    for (const { name, text } of files) {
      const lines = text.split('\n').length;
      assert.ok(
        lines <=
          (name.startsWith('services/') && name.endsWith('/main.ts') && !name.includes('supervisor')
            ? 45
            : 300),
        `${name} has ${lines} lines`,
      );
    }
  });
});
