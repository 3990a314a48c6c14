import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Platform } from '../platform.ts';
import { renderPlatform } from '../rendering/render-platform.ts';
import { type Commands, isMissing } from './command.ts';
import type { Target } from './target.ts';

/** Rendered files that are not what the declarations say now. */
export function findDrift(platform: Platform, folder: string): string[] {
  const { files, refused } = renderPlatform(platform);
  if (refused !== undefined) return [refused];
  return files.flatMap(({ path, text }) => {
    const isSame = existsSync(join(folder, path)) && readFileSync(join(folder, path), 'utf8') === text;
    return isSame
      ? []
      : [`${path} is not what the declarations say: run make render, and look at what changed`];
  });
}

/** The prerequisites of a target that are not met, each with its remedy. */
export async function checkPrerequisites(
  { prerequisites }: Pick<Target, 'prerequisites'>,
  commands: Commands,
): Promise<string[]> {
  const faults: string[] = [];
  const missing = new Set<string>();
  for (const { what, command, remedy, judge } of prerequisites) {
    const [program] = command.argv;
    // Without the program the next question to it would only say so again.
    if (missing.has(program)) continue;
    const outcome = await commands.run(command, commands);
    const why = isMissing(outcome)
      ? `there is no program ${program}`
      : outcome.code === 0
        ? judge?.(outcome)
        : `${command.argv.join(' ')} ended with exit code ${outcome.code}: ${lastLine(outcome.output)}`;
    if (why === undefined) continue;
    faults.push(`it is not so that ${what}: ${why}\n  ${remedy}`);
    if (isMissing(outcome)) missing.add(program);
  }
  return faults;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
