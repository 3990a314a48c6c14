import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';

/** A small file of JSON that is there whole or not at all. Each call throws the file system's own error. */
export class DurableFile<T> {
  readonly #path: string;
  readonly #schema: z.ZodType<T>;

  constructor(path: string, schema: z.ZodType<T>) {
    this.#path = path;
    this.#schema = schema;
  }

  /** Undefined when there is none, or none that can be understood. */
  async read(): Promise<T | undefined> {
    try {
      return this.#schema.safeParse(JSON.parse(await readFile(this.#path, 'utf8'))).data;
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** On disk when it resolves. One call at a time. */
  async write(content: T): Promise<void> {
    const temporary = `${this.#path}.new`;
    await mkdir(dirname(this.#path), { recursive: true });
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(JSON.stringify(content));
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(temporary, this.#path);
  }

  async remove(): Promise<void> {
    await rm(this.#path, { force: true });
  }
}
