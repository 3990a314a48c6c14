import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const STAND_IN_HOST = 'web.whatsapp.com';

export interface WrapperOptions {
  readonly folder: string;
  /** The real browser. */
  readonly browser: string;
  readonly webPort: number;
  readonly spki: string;
}

/**
 * Writes a browser that sees the stand-in at https://web.whatsapp.com and no other host at all; gives its path.
 * Whoever starts it needs to know nothing of the sandbox.
 */
export function writeBrowserWrapper(options: WrapperOptions): string {
  mkdirSync(options.folder, { recursive: true });
  const path = join(options.folder, 'browser');
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, renderWrapper(options));
  chmodSync(temporary, 0o700);
  renameSync(temporary, path);
  return path;
}

/** The wrapper's text. `exec` keeps the pid, so that the browser can be watched and killed as its own. */
export function renderWrapper({ browser, webPort, spki }: Omit<WrapperOptions, 'folder'>): string {
  const rules = [`MAP ${STAND_IN_HOST}:443 127.0.0.1:${webPort}`, 'MAP * ~NOTFOUND', 'EXCLUDE 127.0.0.1'];
  const words = [
    `--host-resolver-rules=${rules.join(', ')}`,
    `--ignore-certificate-errors-spki-list=${spki}`,
  ];
  return `#!/bin/sh\nexec ${quote(browser)} "$@" ${words.map(quote).join(' ')}\n`;
}

/** One word for a POSIX shell, whatever it holds. */
function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
