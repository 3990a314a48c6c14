import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const LIBRARY = dirname(createRequire(import.meta.url).resolve('whatsapp-web.js/package.json'));
const KIT_PAGE = join(import.meta.dirname, '../../../services/bridge/page');

const REQUIRE =
  /(?:const (\w+|\{[^}]*\}) = )?(?:await )?window ?\. ?require\( ?'([^']+)',? ?\)(?: ?\??\. ?(\w+))?/g;

/** What is asked of the page: the modules, and their exports as `Module.export`. */
export interface Asked {
  readonly modules: readonly string[];
  readonly exports: readonly string[];
}

/** What whatsapp-web.js asks of the page. */
export const askedByLibrary = read(LIBRARY, 'src/**/*.js');

/** What the page code of the bridge asks. */
export const askedByBridge = read(KIT_PAGE, '*.ts');

function read(folder: string, pattern: string): Asked {
  const modules = new Set<string>();
  const exports = new Set<string>();
  for (const file of globSync(pattern, { cwd: folder })) {
    const source = readFileSync(join(folder, file), 'utf8').replace(/\s+/g, ' ');
    for (const [module, members] of [...requiredIn(source), ...injectedIn(source)]) {
      modules.add(module);
      for (const member of members) exports.add(`${module}.${member}`);
    }
  }
  return { modules: [...modules].sort(), exports: [...exports].sort() };
}

function requiredIn(source: string): [module: string, members: string[]][] {
  return [...source.matchAll(REQUIRE)].map(([, target = '', module = '', member]) => {
    if (member !== undefined) return [module, [member]];
    if (target.startsWith('{')) return [module, namesIn(target)];
    // The module under a name of its own: each member of that name in this file.
    const members = target === '' ? [] : [...source.matchAll(new RegExp(`\\b${target}\\.(\\w+)`, 'g'))];
    return [module, members.map(([, name = '']) => name)];
  });
}

/** Of `{ a, b: c }`, the names before the colons. */
function namesIn(pattern: string): string[] {
  return pattern
    .slice(1, -1)
    .split(',')
    .map((part) => part.split(':')[0]?.trim() ?? '')
    .filter((name) => name !== '');
}

function injectedIn(source: string): [module: string, members: string[]][] {
  return [...source.matchAll(/module: '([^']+)'(?:, function: '([^'.]+))?/g)].map(
    ([, module = '', member]) => [module, member === undefined ? [] : [member]],
  );
}
