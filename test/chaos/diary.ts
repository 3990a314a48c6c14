import { appendFileSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the run did to the kit, and when: beside the kit's own log in a folder of evidence. */
export class Diary {
  readonly folder: string;
  readonly #isLoud: boolean;

  /** Loud: on standard error too. */
  constructor(name: string, isLoud: boolean) {
    this.folder = mkdtempSync(join(tmpdir(), `gatehouse-chaos-${name}-`));
    mkdirSync(this.folder, { recursive: true });
    this.#isLoud = isLoud;
  }

  note(text: string): void {
    const line = `${new Date().toISOString()} ${text}\n`;
    appendFileSync(join(this.folder, 'chaos.log'), line);
    if (this.#isLoud) process.stderr.write(line);
  }

  /** The kit's own output. */
  keep(text: string): void {
    appendFileSync(this.kitLog, text);
  }

  get kitLog(): string {
    return join(this.folder, 'kit.log');
  }
}
