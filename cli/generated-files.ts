import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { listSettings, type PlacedSetting, profiles, type ServiceDeclaration, topology } from '#config';
import { platformTable, targetTable } from '../deploy/platform-tables.ts';
import { platforms } from '../deploy/platforms.ts';
import { type Rendered, renderPlatform } from '../deploy/rendering/render-platform.ts';
import { checkTable } from '../operate/doctor/check-table.ts';
import { assumptionsTable } from '../services/bridge/page/compat/assumptions-table.ts';
import { ERRORS } from '../services/contract/errors.ts';
import { DIFFERENCES } from '../services/gate/contract/gate-differences.ts';
import { ROOT } from '../services/runtime/root-folder.ts';
import type { Command } from './command.ts';

interface GeneratedFile {
  readonly file: string;
  /** The marks between which it lies; the whole file when unset. */
  readonly part?: string;
  make(): string;
}

/** What is made from the schema, the topology and what is known of the platforms. */
const generatedFiles = (rendered: readonly Rendered[]): readonly GeneratedFile[] => [
  { file: '.env.example', make: () => envExample() },
  { file: 'README.md', part: 'settings', make: () => settingsTable() },
  { file: 'README.md', part: 'services', make: () => servicesTable() },
  { file: 'README.md', part: 'gates', make: () => gatesTable() },
  { file: 'docs/errors.md', part: 'errors', make: () => errorsTable() },
  { file: 'docs/doctor.md', part: 'checks', make: () => checkTable() },
  { file: 'docs/whatsapp-assumptions.md', part: 'assumptions', make: () => assumptionsTable() },
  { file: 'deploy/README.md', part: 'platforms', make: () => platformTable(platforms) },
  { file: 'deploy/README.md', part: 'targets', make: () => targetTable(platforms) },
  ...rendered.flatMap(({ files }) => files.map(({ path, text }) => ({ file: path, make: () => text }))),
];

/** `gatehouse render`: writes every made file; with `--check` only tells which has drifted, and exits 1. */
export function render({ options }: Command): void {
  const check = options.has('check');
  const rendered = platforms.map((platform) => renderPlatform(platform));
  const drifted = [...makeFiles(rendered, readFile)].filter(([file, made]) => made !== readFile(file));
  for (const [file, made] of drifted) {
    if (!check) writeFile(file, made);
    process.stdout.write(
      check ? `${file} is not what the schema says: run make render\n` : `wrote ${file}\n`,
    );
  }
  const stale = rendered.flatMap(dropStale(check));
  if (check && drifted.length + stale.length > 0) process.exitCode = 1;
}

/**
 * Returns the text of each made file by its path from the root. `read` returns the present text of a file: outside the
 * parts that are made, it stays.
 */
export function makeFiles(
  rendered: readonly Rendered[] = platforms.map((platform) => renderPlatform(platform)),
  read: (file: string) => string = readFile,
): Map<string, string> {
  const made = new Map<string, string>();
  for (const { file, part, make } of generatedFiles(rendered))
    made.set(
      file,
      part === undefined ? make() : replacePart(made.get(file) ?? read(file), part, make(), file),
    );
  return made;
}

function readFile(file: string): string {
  const path = join(ROOT, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function writeFile(file: string, text: string): void {
  const path = join(ROOT, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Tells why a platform is refused, and removes what was rendered for it before; with `check` only names it. */
function dropStale(check: boolean): (rendered: Rendered) => string[] {
  return ({ refused, stale }) => {
    if (refused !== undefined) process.stderr.write(`${refused}\n`);
    const left = stale.filter((file) => existsSync(join(ROOT, file)));
    for (const file of left) {
      if (!check) rmSync(join(ROOT, file));
      process.stdout.write(
        check ? `${file} is left of a platform that is refused: run make render\n` : `removed ${file}\n`,
      );
    }
    return left;
  };
}

function replacePart(text: string, part: string, made: string, file: string): string {
  const [begin, end] = [`<!-- ${part}: made by make render -->`, `<!-- ${part}: end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} lacks the marks "${begin}" and "${end}"`);
  return `${text.slice(0, from + begin.length)}\n${made}${text.slice(to)}`;
}

function envExample(): string {
  const head = '# Made by make render from config/schema.ts. Copy to .env and uncomment what you change.\n';
  return (
    head +
    byGroup()
      .map(([group, settings]) => `\n# ${group}\n${settings.map(envEntry).join('')}`)
      .join('')
  );
}

function envEntry({ setting }: PlacedSetting): string {
  const also = setting.fallbacks?.length ? ` Else ${setting.fallbacks.join(', ')}.` : '';
  return `\n# ${setting.doc}${also}\n#${setting.env}=${showDefault(setting.default)}\n`;
}

function settingsTable(): string {
  const rows = byGroup().flatMap(([group, settings]) =>
    settings.map(({ setting }) => {
      const names = [setting.env, ...(setting.fallbacks ?? [])].map((name) => `\`${name}\``).join(', else ');
      return `| ${group} | ${names} | ${defaultCell(setting)} | ${setting.doc} |\n`;
    }),
  );
  return `| | Variable | Default | |\n| --- | --- | --- | --- |\n${rows.join('')}`;
}

/** The default, and where the profiles differ. */
function defaultCell({ default: value, profileDefault, sensitive }: PlacedSetting['setting']): string {
  if (sensitive) return 'none';
  const shown = (text: unknown) => (showDefault(text) === '' ? 'none' : `\`${showDefault(text)}\``);
  const groups = new Map<string, string[]>();
  for (const name of profileNames()) {
    const inProfile = shown(profileDefault?.(name) ?? value);
    groups.set(inProfile, [...(groups.get(inProfile) ?? []), name]);
  }
  const [[usual] = [''], ...others] = [...groups].sort(([, left], [, right]) => right.length - left.length);
  return [usual, ...others.map(([text, names]) => `${text} in ${names.join(', ')}`)].join('; ');
}

function profileNames(): (keyof typeof profiles)[] {
  return Object.keys(profiles).filter((name): name is keyof typeof profiles => Object.hasOwn(profiles, name));
}

function servicesTable(): string {
  const services: readonly ServiceDeclaration[] = topology;
  const rows = services.map(({ name, entry, command, port, exposure, routes, when }) => {
    const reached =
      exposure === 'public'
        ? 'it is the outside'
        : routes.length > 0
          ? routes.map(({ prefix }) => `\`${prefix}\``).join(', ')
          : 'never';
    return `| ${name} | \`${entry ?? command?.join(' ')}\` | \`${port.env}\` | ${reached} | ${when === undefined ? 'always' : `\`${when.setting.toUpperCase()}=${when.is}\``} |\n`;
  });
  return `| Service | Runs | Port | From outside | When |\n| --- | --- | --- | --- | --- |\n${rows.join('')}`;
}

function gatesTable(): string {
  const rows = Object.values(DIFFERENCES).map(
    ({ what, node, nginx }) => `| ${what} | ${node} | ${nginx} |\n`,
  );
  return `| | \`GATE=node\` | \`GATE=nginx\` |\n| --- | --- | --- |\n${rows.join('')}`;
}

function errorsTable(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, { status, title, remedy }]) => `| \`${code}\` | ${status} | ${title} | ${remedy} |\n`,
  );
  return `| Code | Status | Title | What to do |\n| --- | --- | --- | --- |\n${rows.join('')}`;
}

function byGroup(): [string, PlacedSetting[]][] {
  return [...Map.groupBy(listSettings(), ({ setting }) => setting.group)];
}

function showDefault(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}
