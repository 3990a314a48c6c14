import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../../../services/runtime/root-folder.ts';

/** The versions of what runs here, but for the browser and the page. */
export function versionsHere(): Readonly<Record<string, string>> {
  const library = createRequire(import.meta.url).resolve('whatsapp-web.js/package.json');
  return {
    kit_version: versionIn(join(ROOT, 'package.json')),
    whatsapp_web_js_version: versionIn(library),
    node_version: process.versions.node,
    system: `${process.platform} ${process.arch}`,
  };
}

function versionIn(path: string): string {
  const { version }: { version?: unknown } = JSON.parse(readFileSync(path, 'utf8'));
  return String(version);
}
