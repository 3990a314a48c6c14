import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Under this path the page finds media; what follows is the base64url of the content's SHA-256. */
export const MEDIA_PATH = '/stand-in/media/';

const NAME = /^[\w-]{1,64}$/;

/** Media as files, each named by its content. */
export class MediaStore {
  readonly folder: string;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.folder = folder;
  }

  /** Where a medium lies, or undefined for what is no name of one. */
  pathOf(name: string): string | undefined {
    return NAME.test(name) ? join(this.folder, name) : undefined;
  }

  /** Keeps a medium; gives the attributes by which a message refers to it. */
  keep(bytes: Buffer): { directPath: string; filehash: string; encFilehash: string; size: number } {
    const digest = createHash('sha256').update(bytes).digest();
    const name = digest.toString('base64url');
    writeFileSync(join(this.folder, name), bytes);
    const filehash = digest.toString('base64');
    return { directPath: MEDIA_PATH + name, filehash, encFilehash: `enc${filehash}`, size: bytes.length };
  }
}
