import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { errorText, KitError } from '../../contract/errors.ts';
import { programEnvironment } from '../../runtime/process/program-environment.ts';

const run = promisify(execFile);
/** It answers within 50 ms on an idle machine, and took longer than 10 s on a busy one. */
const ANSWERS_WITHIN_MS = 30_000;

/** Chrome's own name of each system, which does not depend on the version or the processor. */
const SYSTEMS: Readonly<Record<string, string>> = {
  darwin: 'Macintosh; Intel Mac OS X 10_15_7',
  win32: 'Windows NT 10.0; Win64; x64',
};

/**
 * Returns the user agent of the browser at this path, without the "Headless" of a browser without a screen. WhatsApp Web
 * does not boot for agents that it does not support, and the library's default is Chrome 101 (wa-js@a3ed679e).
 * Throws `bridge_failed` when `--version` prints no version.
 */
export async function userAgentOf(browserPath: string): Promise<string> {
  const version = await versionOf(browserPath);
  const system = SYSTEMS[process.platform] ?? 'X11; Linux x86_64';
  return `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36`;
}

async function versionOf(browserPath: string): Promise<string> {
  try {
    const { stdout } = await run(browserPath, ['--version'], {
      timeout: ANSWERS_WITHIN_MS,
      env: programEnvironment(),
    });
    const version = /\b(\d+)(\.\d+){2,}/.exec(stdout)?.[1];
    if (version === undefined) throw new Error(`it printed "${stdout.split('\n')[0]?.slice(0, 100)}"`);
    return version;
  } catch (cause) {
    throw new KitError(
      'bridge_failed',
      `the browser did not start: ${browserPath} --version tells no version (${errorText(cause).split('\n')[0]}); set PUPPETEER_EXECUTABLE_PATH to Chromium or Chrome`,
      { cause },
    );
  }
}
