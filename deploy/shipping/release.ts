import type { Commands } from './command.ts';

const GRAMMAR = /^\w[\w.-]{0,63}$/;

/** Whether a text can name a release: a tag of an image, the instance of a unit, the setting RELEASE. */
export function isReleaseName(text: string): boolean {
  return GRAMMAR.test(text);
}

/** `20261128-104500-1a2b3c4`, with `-changed` where the checkout differs from its commit; without git the time alone. */
export async function nameRelease(commands: Commands, now: Date): Promise<string> {
  const time = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const commit = await commands.run({ argv: ['git', 'rev-parse', '--short', 'HEAD'] }, commands);
  if (commit.code !== 0) return time;
  const changes = await commands.run({ argv: ['git', 'status', '--porcelain'] }, commands);
  return `${time}-${commit.stdout.trim()}${changes.stdout.trim() === '' ? '' : '-changed'}`;
}

/** The tag of an image, with a digest behind it or not; undefined where it has none, or only says `latest`. */
export function tagOf(image: string | undefined): string | undefined {
  const [named = ''] = (image ?? '').split('@');
  const tag = /:([^:/]+)$/.exec(named)?.[1];
  return tag === 'latest' ? undefined : tag;
}
