import { constants } from 'node:fs';
import { access, mkdir, statfs } from 'node:fs/promises';
import { KitError } from '../../contract/errors.ts';
import { programEnvironment } from '../../runtime/process/program-environment.ts';
import type { BridgeLimits } from '../limits.ts';
import type { LaunchOptions } from '../page/library.ts';

/** How a browser is launched. */
export interface BrowserOptions {
  readonly browserPath: string;
  readonly profileDir: string;
  readonly headless: boolean;
  /** What pages and their workers see of the browser (`user-agent.ts`). */
  readonly userAgent: string;
  /** Whether pages are shut away from the browser, by the kernel's means; see `browser-sandbox.ts`. */
  readonly sandbox: boolean;
  readonly limits: BridgeLimits;
}

/** Returns the options with which puppeteer launches the browser. */
export function launchOptions(options: BrowserOptions): LaunchOptions {
  const { initMs, readyMs, callMs, sendMs, uploadMs } = options.limits;
  const args = [...BASE_FLAGS, `--user-agent=${options.userAgent}`];
  return {
    executablePath: options.browserPath,
    userDataDir: options.profileDir,
    headless: options.headless,
    env: programEnvironment(),
    args: options.sandbox ? args : [...args, '--no-sandbox'],
    // Above every deadline of ours: it only clears away what was given up long ago.
    protocolTimeout: 1_000 + Math.max(initMs, readyMs, callMs, sendMs, uploadMs),
    // The browser sees the pipe close and exits by itself when this process is killed: no orphan, no lock left.
    pipe: true,
    // puppeteer's own handlers kill the browser hard and lose the last seconds of its storage; the bridge closes it.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  };
}

/** Throws `bridge_failed` with a remedy when there is no program at the path. */
export async function requireBrowser(browserPath: string): Promise<void> {
  try {
    await access(browserPath, constants.X_OK);
  } catch (cause) {
    throw new KitError(
      'bridge_failed',
      `no browser at ${browserPath}; install Chromium, or set PUPPETEER_EXECUTABLE_PATH to an executable`,
      { cause },
    );
  }
}

/** Throws `bridge_failed` when the disk of the folder has too little room for a browser: it would not say so itself. */
export async function requireRoom(folder: string): Promise<void> {
  // On a disk without a byte even the folder itself may not be there.
  const isThere = await mkdir(folder, { recursive: true }).then(
    () => true,
    () => false,
  );
  if (!isThere) return; // What is wrong with it is told by who needs it.
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  if (freeBytes >= LEAST_FREE_BYTES) return;
  throw new KitError(
    'bridge_failed',
    `the disk of ${folder} has ${freeBytes} bytes free, and a browser needs at least ${LEAST_FREE_BYTES}; free some, or set SESSIONS_DIR to another disk`,
  );
}

/** Switches off what WhatsApp Web needs nothing of. */
const BASE_FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Chromium writes about as much when it starts; with less it hangs, or loses the login. */
const LEAST_FREE_BYTES = 50 * 1024 ** 2;
