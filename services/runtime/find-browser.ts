import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { inheritedEnvironment } from '#config';

/** `chromium-browser` last: on Ubuntu it is a stub that asks for a snap. */
const NAMES = ['chromium', 'google-chrome-stable', 'google-chrome', 'chrome', 'chromium-browser'];
const MAC_PATHS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/**
 * The browser to run: the one configured, else Chromium or Chrome on the PATH, else the one that puppeteer has
 * downloaded. Throws with the remedy when there is none.
 */
export async function findBrowser(
  configured: string,
  path = inheritedEnvironment().PATH ?? '',
): Promise<string> {
  if (configured !== '') {
    if (isExecutable(configured)) return configured;
    throw new Error(
      `PUPPETEER_EXECUTABLE_PATH is ${configured}, which is not an executable file: correct it, or unset it to have a browser found`,
    );
  }
  const onPath = NAMES.flatMap((name) => path.split(delimiter).map((folder) => join(folder, name)));
  const found = [...onPath, ...MAC_PATHS].find(isExecutable) ?? (await downloaded());
  if (found !== undefined) return found;
  throw new Error(
    'no Chromium or Chrome was found: run `make setup`, install one (Debian: apt-get install chromium), or set PUPPETEER_EXECUTABLE_PATH',
  );
}

async function downloaded(): Promise<string | undefined> {
  // Loaded only here: puppeteer is heavy, and a system browser is the usual case.
  const { default: puppeteer } = await import('puppeteer');
  const path = await puppeteer.executablePath();
  return isExecutable(path) ? path : undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
