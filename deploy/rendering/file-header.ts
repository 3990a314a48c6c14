import type { RenderInput } from '../platform.ts';
import { runningServices } from './render-input.ts';

const WIDTH = 110;

/** The comment at the top of a rendered file: where it comes from, what runs there, and what its reader must know. */
export function fileHeader(mark: '#' | '//', input: RenderInput, notes: readonly string[]): string {
  return comment(mark, [madeFrom, whatRuns(input), ...notes]);
}

/** Notes as a comment, each beginning a line of its own. */
export function comment(mark: '#' | '//', notes: readonly string[]): string {
  return notes
    .flatMap((note) => wrap(note, WIDTH - mark.length - 1))
    .map((line) => `${mark} ${line}\n`)
    .join('');
}

export const madeFrom =
  'Made by make render from config/deployment.ts and config/topology.ts: change those, not this file.';

function whatRuns({ services, config }: RenderInput): string {
  const names = runningServices({ services, config }).map(({ name, port }) => `${name} (${port.env})`);
  return `In this one container: ${names.join(', ')}.`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
