import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository that this tool belongs to. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Everything that the tool writes. */
export const WORK = join(ROOT, '.cache/compare');

/** More than the whole tree as an archive. */
const MAX_BYTES = 512 * 1024 * 1024;

/** The two sides of a comparison. Their names have the same length, so that no table shifts by the path. */
export const SIDES = ['base', 'here'] as const;
export type Side = (typeof SIDES)[number];

/** A copy of the kit's files that can run. */
export interface Checkout {
  readonly side: Side;
  readonly root: string;
  /** What it is a copy of, for people. */
  readonly of: string;
}

/** Makes a copy of a commit in `.cache/compare/base`. */
export function checkOutBase(commit: string): Checkout {
  const hash = git(['rev-parse', '--verify', `${commit}^{commit}`]).trim();
  const root = emptied('base');
  const archive = execFileSync('git', ['archive', '--format=tar', hash], { cwd: ROOT, maxBuffer: MAX_BYTES });
  execFileSync('tar', ['-x', '-C', root], { input: archive });
  return finished({ side: 'base', root, of: hash.slice(0, 12) });
}

/** Makes a copy of the working tree, with changes that are not committed, in `.cache/compare/here`. */
export function checkOutHere(from = ROOT): Checkout {
  const root = emptied('here');
  const names = git(['ls-files', '-z', '--cached', '--others', '--exclude-standard'], from);
  for (const name of names.split('\0').filter((each) => each !== '' && existsSync(join(from, each)))) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    cpSync(join(from, name), join(root, name), { verbatimSymlinks: true });
  }
  return finished({ side: 'here', root, of: 'the working tree' });
}

function emptied(side: Side): string {
  const root = join(WORK, side);
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  return root;
}

/** Adds packages, and a history of one commit: `gatehouse deploy` names a release after the commit. */
function finished(checkout: Checkout): Checkout {
  const { root } = checkout;
  const isSame = lockOf(root) === lockOf(ROOT);
  if (isSame) execFileSync('cp', ['-al', join(ROOT, 'node_modules'), join(root, 'node_modules')]);
  else execFileSync('npm', ['ci', '--loglevel=error', '--no-fund', '--no-audit'], { cwd: root });
  // Hard links share their content, and a checkout must not see code that the other one compiled.
  rmSync(join(root, 'node_modules/.cache'), { recursive: true, force: true });
  const identity = ['-c', 'user.name=compare', '-c', 'user.email=compare@example.com'];
  git(['init', '--quiet'], root);
  git(['add', '--all'], root);
  git([...identity, 'commit', '--quiet', '--no-verify', '--message', 'The kit to compare'], root);
  return checkout;
}

function lockOf(root: string): string {
  return readFileSync(join(root, 'package-lock.json'), 'utf8');
}

function git(args: readonly string[], cwd = ROOT): string {
  return execFileSync('git', args, { cwd, encoding: 'utf8', maxBuffer: MAX_BYTES });
}
