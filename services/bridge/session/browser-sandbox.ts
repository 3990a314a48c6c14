import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../../runtime/log.ts';
import { programEnvironment } from '../../runtime/process/program-environment.ts';

/**
 * Chromium answers within half a second on an idle machine. On a busy one it took longer than 3 s, and each attempt
 * without an answer costs another browser that does not start.
 */
const ANSWERS_WITHIN_MS = 20_000;

/**
 * Chromium's sandbox, which shuts pages away from the browser, on this machine: kept wherever it works. Chromium refuses
 * it to root, and cannot have it in a container whose seccomp filter forbids user namespaces, as Docker's own does.
 */
export class BrowserSandbox {
  readonly #answersWithinMs: number;
  #isUsed: boolean;
  #isCertain: boolean;

  constructor(isRoot = process.getuid?.() === 0, answersWithinMs = ANSWERS_WITHIN_MS) {
    this.#answersWithinMs = answersWithinMs;
    this.#isUsed = !isRoot;
    this.#isCertain = isRoot;
  }

  /** Whether the next browser is to be started with it. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /**
   * After a browser that did not start: whether that was for want of a sandbox. True once at most, since browsers are
   * started without it from then on. Another browser is asked: Puppeteer keeps to itself what the first one said.
   */
  async isLacking(browserPath: string, log: Pick<Log, 'warn'>): Promise<boolean> {
    if (this.#isCertain) return false;
    const found = await askBrowser(browserPath, this.#answersWithinMs);
    this.#isCertain = found !== 'unknown';
    this.#isUsed = found !== 'lacking';
    if (!this.#isUsed)
      log.warn(
        'Chromium finds no sandbox, since user namespaces are forbidden here, and runs without one: what breaks out of a page has all that this user has, so let that be no more than the kit',
      );
    return !this.#isUsed;
  }
}

async function askBrowser(browserPath: string, withinMs: number): Promise<'there' | 'lacking' | 'unknown'> {
  const profile = await mkdtemp(join(tmpdir(), 'gatehouse-sandbox-'));
  const args = ['--headless', '--disable-gpu', `--user-data-dir=${profile}`, '--dump-dom', 'about:blank'];
  try {
    return await new Promise((resolve) => {
      const options = { timeout: withinMs, killSignal: 'SIGKILL', env: programEnvironment() } as const;
      execFile(browserPath, args, options, (error, _, said) =>
        resolve(said.includes('No usable sandbox') ? 'lacking' : error === null ? 'there' : 'unknown'),
      );
    });
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
