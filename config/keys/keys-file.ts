import { readFileSync, type Stats, statSync } from 'node:fs';
import { isApiKey } from '../formats.ts';
import { isWeakSecret } from './weak-secrets.ts';

const MAY_WRITE = 0o022;
const OTHERS_READ = 0o004;
/** Far more than anyone has keys. */
const MOST_BYTES = 1024 ** 2;

export interface KeysFileRules {
  /** A machine has other users, who must not read the file; a container has none, and mounts its secrets for all. */
  readonly mayOthersRead: boolean;
  /** Where only this machine can call, a key that can be guessed does no harm. */
  readonly mayBeWeak: boolean;
}

/** Whether the api asks for a key, whatever is in the file of keys at this moment. */
export function asksForKeys({
  apiKeys,
  apiKeysFile,
}: {
  readonly apiKeys: readonly string[];
  readonly apiKeysFile: string;
}): boolean {
  return apiKeys.length > 0 || apiKeysFile !== '';
}

/**
 * The API keys of a file: one a line; blank lines and lines that begin with # do not count. Throws with the remedy when
 * it cannot be read, holds something else or no key, or is open to other users. No message holds a key.
 */
export function readKeysFile(path: string, rules: KeysFileRules): readonly string[] {
  demandMode(statSync(path), rules);
  const lines = readFileSync(path, 'utf8').split(/\r?\n/);
  const keys: string[] = [];
  for (const [index, line] of lines.entries()) {
    const key = line.trim();
    if (key === '' || key.startsWith('#')) continue;
    const place = `line ${index + 1}`;
    if (!isApiKey(key))
      throw new Error(
        `${place} is no key: write at least 24 printable characters without spaces and commas; make one with: openssl rand -hex 24`,
      );
    if (!rules.mayBeWeak && isWeakSecret(key))
      throw new Error(`${place} is a key that can be guessed: make one with: openssl rand -hex 24`);
    if (keys.includes(key)) throw new Error(`${place} is a key that an earlier line has: remove one`);
    keys.push(key);
  }
  if (keys.length === 0) throw new Error('it holds no key: write one a line (openssl rand -hex 24)');
  return keys;
}

function demandMode(stats: Stats, { mayOthersRead }: KeysFileRules): void {
  if (!stats.isFile()) throw new Error('it is no file: name a file with one key a line');
  if (stats.size > MOST_BYTES)
    throw new Error(`it has more than ${MOST_BYTES} bytes: name a file with one key a line`);
  const mode = (stats.mode & 0o777).toString(8);
  if ((stats.mode & MAY_WRITE) !== 0)
    throw new Error(`its mode is ${mode}, so that others can write a key of theirs into it: chmod 600 it`);
  if (!mayOthersRead && (stats.mode & OTHERS_READ) !== 0)
    throw new Error(`its mode is ${mode}, so that every user of this machine can read it: chmod 600 it`);
}
