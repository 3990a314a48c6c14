import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'dotenv';

/** The variables of a `.env` file; none when there is no such file. Throws when it cannot be read. */
export function readEnvFile(path: string): Record<string, string> {
  if (!existsSync(path)) return {};
  return parse(readFileSync(path));
}
