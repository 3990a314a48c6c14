import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { control, topology } from '#config';
import { importsIn } from '../../run/imports.ts';
import { findCycles } from './import-cycles.ts';
import { MAY_IMPORT, partOf } from './import-directions.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const FOLDERS = ['bin', 'cli', 'config', 'deploy', 'nginx', 'operate', 'scripts', 'services'];
const MAX_LINES = 250;
const MAX_ENTRY_LINES = 45;
const MAX_FILES_IN_FOLDER = 20;

/** Quoted words that are the name of a service and mean something else, by the file and the line where they stand. */
const OTHER_MEANINGS: readonly { readonly name: string; readonly where: RegExp; readonly because: string }[] =
  [
    {
      name: 'sandbox',
      where: /whatsapp [!=]== 'sandbox'|WHATSAPP: 'sandbox'|format: \['real', 'sandbox'\]/,
      because: 'a value of the setting WHATSAPP',
    },
    {
      name: 'gate',
      where: /^nginx\//,
      because: 'nginx/ is the gate too: its template and its folder in DATA_DIR',
    },
    { name: 'api', where: /^deploy\/railway\/ship\.ts/, because: 'a command of the CLI of Railway' },
  ];

const names = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name))),
);
const texts = names.map((name) => ({ name, text: readFileSync(join(ROOT, name), 'utf8') }));
const files = texts.filter(({ name }) => name.endsWith('.ts') && !name.endsWith('.d.ts'));
const handWritten = texts.filter(({ name }) => !name.startsWith('deploy/rendered/'));

describe('house rules', () => {
  it('are checked on all sources', () => {
    assert.ok(files.length > 300);
    assert.deepEqual(
      files.filter(({ name }) => partOf(name) === undefined).map(({ name }) => name),
      [],
    );
  });

  it('let imports point one way', () => {
    const wrong = files.flatMap(({ name, text }) => {
      const part = partOf(name) ?? '';
      return importsIn(name, text)
        .filter((target) => partOf(target) !== part && !MAY_IMPORT[part]?.includes(partOf(target) ?? ''))
        .map((target) => `${name} imports ${target}`);
    });
    assert.deepEqual(wrong, []);
  });

  it('allow no import cycle, type imports included', () => {
    const imports = new Map(files.map(({ name, text }) => [name, importsIn(name, text)]));
    assert.deepEqual(findCycles(imports), []);
  });

  it('leave whatsapp-web.js and puppeteer to one file of the bridge, and the page to one folder', () => {
    const bridge = files.filter(({ name }) => name.startsWith('services/bridge/'));
    const loaders = bridge.filter(({ text }) => /'(whatsapp-web\.js|puppeteer)(\/[^']*)?'/.test(text));
    assert.deepEqual(
      loaders.map(({ name }) => name),
      ['services/bridge/page/library.ts'],
    );
    const evaluators = bridge.filter(({ text }) => /\.evaluate\w*\(|\bpup(Page|Browser)\b/.test(text));
    assert.deepEqual([...new Set(evaluators.map(({ name }) => dirname(name)))], ['services/bridge/page']);
  });

  it('leave process.env to config/', () => {
    const readers = files
      .filter(({ name }) => !name.startsWith('config/'))
      .filter(({ text }) => codeOf(text).includes('process.env'));
    assert.deepEqual(
      readers.map(({ name }) => name),
      [],
    );
  });

  it('allow no cast but `as const`, and no empty catch', () => {
    for (const { name, text } of files) {
      const code = codeOf(text).replace(/^(?:import|export) [\s\S]*?;$/gm, '');
      assert.deepEqual(code.match(/\S+ as (?!const\b)\w+/g), null, name);
      assert.ok(!/catch *(\([^)]*\))? *\{\s*\}/.test(code), name);
    }
  });

  it('leave the names of the services to config/topology.ts', () => {
    const quoted = findQuotedNames([...topology.map(({ name }) => name), control.name]);
    const means = ({ name, place }: QuotedName) =>
      OTHER_MEANINGS.find((other) => other.name === name && other.where.test(place));
    assert.deepEqual(
      quoted.filter((one) => means(one) === undefined).map(({ place }) => place),
      [],
    );
    const used = new Set(quoted.map(means));
    assert.deepEqual(
      OTHER_MEANINGS.filter((meaning) => !used.has(meaning)),
      [],
      'an exception that nothing needs',
    );
  });

  it(`allow at most ${MAX_LINES} lines in a file, and ${MAX_ENTRY_LINES} in an entry file`, () => {
    const long = handWritten
      .map(({ name, text }) => ({ name, lines: text.split('\n').length - 1 }))
      .filter(({ name, lines }) => lines > (isEntry(name) ? MAX_ENTRY_LINES : MAX_LINES));
    assert.deepEqual(long, []);
  });

  it(`allow at most ${MAX_FILES_IN_FOLDER} files in a folder`, () => {
    const counts = Map.groupBy(names, dirname);
    const full = [...counts].filter(([, inside]) => inside.length > MAX_FILES_IN_FOLDER);
    assert.deepEqual(
      full.map(([folder, inside]) => `${folder}: ${inside.length}`),
      [],
    );
  });
});

interface QuotedName {
  readonly name: string;
  /** The file and the line, as `path: text`. */
  readonly place: string;
}

/** Every quoted name of a service, except in the topology and in the folder of that service. */
function findQuotedNames(services: readonly string[]): QuotedName[] {
  const quoted = new RegExp(`(['"\`])(${services.join('|')})\\1`, 'g');
  return files
    .filter(({ name }) => name !== 'config/topology.ts')
    .flatMap(({ name: file, text }) =>
      text
        .split('\n')
        .flatMap((line) =>
          [...line.matchAll(quoted)].flatMap(([, , name = '']) =>
            file.startsWith(`services/${name}/`) ? [] : [{ name, place: `${file}: ${line.trim()}` }],
          ),
        ),
    );
}

function isEntry(name: string): boolean {
  return name.startsWith('services/') && basename(name) === 'main.ts';
}

/** Code without its comments and the contents of its strings; whichever begins first hides the other. */
function codeOf(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/gm, (match) =>
    match.startsWith('/') ? '' : "''",
  );
}
