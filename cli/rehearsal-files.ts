import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toMarkdown } from '../operate/rehearse/markdown.ts';
import type { PrivateWords } from '../operate/rehearse/publish.ts';
import { type Rehearsed, toReport } from '../operate/rehearse/report.ts';
import { errorText } from '../services/contract/errors.ts';
import { UsageError } from './command.ts';

/** Throws UsageError where the report could not be written after ten minutes of work. */
export function requireFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw new UsageError(`--out: no report can be written there: ${errorText(cause)}`, { cause });
  }
}

/** Writes both files. Gives what to say of them; with a disk that takes none the report itself, which is not lost then. */
export function saveReport(
  folder: string,
  rehearsed: Rehearsed,
  secrets: PrivateWords,
  logPath: string,
): { readonly isSaved: boolean; readonly said: string } {
  const report = toReport(rehearsed, secrets);
  const markdown = toMarkdown(report);
  const paths = { json: join(folder, 'rehearsal.json'), markdown: join(folder, 'rehearsal.md') };
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(paths.markdown, markdown);
    writeFileSync(paths.json, `${JSON.stringify(report, null, 2)}\n`);
  } catch (error) {
    const said = `\n  The report could not be written (${errorText(error)}). Here it is:\n\n${markdown}\n\n${JSON.stringify(report)}\n`;
    return { isSaved: false, said };
  }
  const said = `
  To publish   ${paths.markdown}
  for programs ${paths.json}
  Both hold no numbers, names or messages. To report, paste the first into an issue; read it once before.
  private      ${logPath} (numbers and ids: do not publish)

  The phone still has this device under Linked devices: the next rehearsal uses it again; remove it there otherwise.
`;
  return { isSaved: true, said };
}
