import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { control, topology } from '#config';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['bin', 'cli', 'config', 'deploy', 'nginx', 'operate', 'scripts', 'services'];
const MAX_LINES = 250;
const MAX_ENTRY_LINES = 45;
const MAX_FILES_IN_FOLDER = 20;

/** What every service may import. */
const SHARED = ['config', 'services/contract', 'services/runtime'];
/** What every folder of the bridge may import: of the bridge itself, the files beside the folders (limits, deadline). */
const BRIDGE_CORE = ['services/contract', 'services/runtime', 'services/bridge'];

/**
 * The parts of the kit, and which other parts each may import. The longest name that a path starts with is its part. A
 * service imports no other service: services talk HTTP. An entry file joins parts, so one pair is listed by its file.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  config: [],
  'services/contract': [],
  'services/runtime': ['config', 'services/contract'],
  'services/gate/contract': ['config', 'services/contract', 'services/runtime'],
  nginx: ['config', 'services/contract', 'services/runtime', 'services/gate/contract'],
  'services/gate/main.ts': ['config', 'services/runtime', 'services/gate/contract', 'services/gate', 'nginx'],
  'services/gate': ['config', 'services/contract', 'services/runtime', 'services/gate/contract'],
  'services/api/store/migrations.ts': [],
  'services/api/store': [...SHARED, 'services/api/store/migrations.ts'],
  'services/api/store/retention': [...SHARED, 'services/api/store'],
  'services/api/outbound': SHARED,
  'services/api/media': [...SHARED, 'services/api/outbound', 'services/api/store'],
  'services/api/events': [...SHARED, 'services/api/store'],
  'services/api/bridge-client.ts': SHARED,
  'services/api/outbox': [
    ...SHARED,
    'services/api/bridge-client.ts',
    'services/api/events',
    'services/api/store',
  ],
  'services/api/events/intake.ts': [
    ...SHARED,
    'services/api/events',
    'services/api/outbox',
    'services/api/store',
  ],
  'services/api/messages': [
    ...SHARED,
    'services/api/events',
    'services/api/media',
    'services/api/outbox',
    'services/api/store',
  ],
  'services/api/sessions': [
    ...SHARED,
    'services/api/bridge-client.ts',
    'services/api/outbox',
    'services/api/store',
  ],
  'services/api/webhooks': [...SHARED, 'services/api/events', 'services/api/outbound', 'services/api/store'],
  'services/api': [
    ...SHARED,
    'services/api/bridge-client.ts',
    'services/api/events',
    'services/api/events/intake.ts',
    'services/api/media',
    'services/api/messages',
    'services/api/outbox',
    'services/api/sessions',
    'services/api/store',
    'services/api/store/retention',
    'services/api/webhooks',
  ],
  'services/bridge/page': BRIDGE_CORE,
  'services/bridge/session': [...BRIDGE_CORE, 'services/bridge/page'],
  'services/bridge/send': [...BRIDGE_CORE, 'services/bridge/page', 'services/bridge/session'],
  'services/bridge/events': [...BRIDGE_CORE, 'services/bridge/page', 'services/bridge/session'],
  'services/bridge/watchdog': [...BRIDGE_CORE, 'services/bridge/page', 'services/bridge/session'],
  'services/bridge': [
    ...BRIDGE_CORE,
    'services/bridge/page',
    'services/bridge/session',
    'services/bridge/send',
    'services/bridge/events',
    'services/bridge/watchdog',
  ],
  'services/sandbox': ['config', 'services/contract', 'services/runtime'],
  'services/supervisor': ['config', 'services/contract', 'services/runtime'],
  operate: ['config', 'services/contract', 'services/runtime'],
  deploy: ['config', 'services/contract', 'services/runtime', 'operate'],
  cli: [
    'config',
    'deploy',
    'operate',
    'services/contract',
    'services/runtime',
    'services/gate/contract',
    'services/supervisor',
  ],
  bin: ['cli'],
};

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
const files = names
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
  .map((name) => ({ name, text: readFileSync(join(ROOT, name), 'utf8') }));
const handWritten = names
  .filter((name) => !name.startsWith('deploy/rendered/'))
  .map((name) => ({ name, text: readFileSync(join(ROOT, name), 'utf8') }));

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
      return importsOf(name, text)
        .filter((target) => partOf(target) !== part && !MAY_IMPORT[part]?.includes(partOf(target) ?? ''))
        .map((target) => `${name} imports ${target}`);
    });
    assert.deepEqual(wrong, []);
  });

  it('allow no import cycle, type imports included', () => {
    const imports = new Map(files.map(({ name, text }) => [name, importsOf(name, text)]));
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

function partOf(path: string): string | undefined {
  const parts = Object.keys(MAY_IMPORT).filter((part) => path === part || path.startsWith(`${part}/`));
  return parts.toSorted((one, other) => other.length - one.length)[0];
}

/** The files that a file imports, as paths from the root, without packages. */
function importsOf(name: string, text: string): string[] {
  return [...text.matchAll(/(?:from|import) '([^']+)'|import\('([^']+)'\)/g)].flatMap(([, still, lazy]) => {
    const target = still ?? lazy ?? '';
    if (target === '#config') return ['config/index.ts'];
    return target.startsWith('.') ? [relative(ROOT, resolve(ROOT, dirname(name), target))] : [];
  });
}

/** Each group of files that import each other in a circle. Source: R. Tarjan, strongly connected components. */
function findCycles(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const cycles: string[][] = [];
  const visit = (name: string) => {
    const index = order.size;
    let low = index;
    order.set(name, index);
    stack.push(name);
    for (const target of imports.get(name) ?? []) {
      if (!order.has(target)) visit(target);
      if (stack.includes(target)) low = Math.min(low, lowest.get(target) ?? order.get(target) ?? low);
    }
    lowest.set(name, low);
    if (low !== index) return;
    const group = stack.splice(stack.indexOf(name));
    if (group.length > 1 || imports.get(name)?.includes(name)) cycles.push(group.toSorted());
  };
  for (const name of imports.keys()) if (!order.has(name)) visit(name);
  return cycles;
}

/** Code without its comments and the contents of its strings; whichever begins first hides the other. */
function codeOf(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/gm, (match) =>
    match.startsWith('/') ? '' : "''",
  );
}
