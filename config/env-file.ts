import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'dotenv';

const ASSIGNMENT = /^\s*(?:export\s+)?[\w.-]+\s*[=:]/;

/** The variables of a `.env` file; none when there is no such file. Throws when it cannot be read or understood. */
export function readEnvFile(path: string): Record<string, string> {
  if (!existsSync(path)) return {};
  const text = readFileSync(path, 'utf8');
  if (text.includes('\0')) throw new Error('it is not UTF-8 text: save it as UTF-8');
  const variables = parse(text);
  // Only a quoted value goes over several lines; then a line by itself tells nothing.
  const isPlain = Object.values(variables).every((value) => !value.includes('\n'));
  const odd = text
    .split('\n')
    .findIndex(
      (line) =>
        line.trim() !== '' && !/^\uFEFF?\s*#/.test(line) && !ASSIGNMENT.test(line.replace(/^\uFEFF/, '')),
    );
  if (isPlain && odd >= 0) throw new Error(`line ${odd + 1} is no NAME=value`);
  return variables;
}
