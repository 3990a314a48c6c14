import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorText } from '../../../services/contract/errors.ts';
import { findBrowser } from '../../../services/runtime/find-browser.ts';
import { programEnvironment } from '../../../services/runtime/process/program-environment.ts';
import { type Check, type Finding, found, good } from '../check.ts';
import { belongsHere, type Context } from '../context.ts';

const VERSION_MS = 5_000;
/** A first start on a small machine that is busy takes ten seconds, and must not be taken for a hang. */
const START_MS = 20_000;

/** Whether the browser is there and can show a page: really started, on a profile of its own. */
export const browserStarts: Check = {
  id: 'browser-starts',
  title: 'Browser starts',
  group: 'Browser',
  where: 'machine',
  finds: 'state starting for ever: no Chromium, not executable, a missing library, no sandbox, a hang',
  deadlineMs: VERSION_MS + START_MS + 2_000,
  run: async (context: Context) => {
    if (!belongsHere(context, 'whatsapp-session')) return [];
    const { config } = context;
    const path = await findBrowser(config.session.browserPath).catch((error: unknown) => errorText(error));
    if (!path.startsWith('/'))
      return [
        found(
          'error',
          path,
          'without a browser there is no WhatsApp Web; the kit runs, and sends nothing',
          'install Chromium (Debian: apt-get install chromium), or correct PUPPETEER_EXECUTABLE_PATH; the slim image has none: only gate and api run on it',
        ),
      ];
    const version = await run(path, ['--version'], VERSION_MS);
    return version.ok ? judgeStart(await showBlank(path), version.said) : judgeStart(version, '');
  },
};

/** How a run of the browser ended. */
export interface BrowserRun {
  readonly ok: boolean;
  /** The last of what it said. */
  readonly said: string;
  readonly tookMs: number;
}

function run(path: string, args: readonly string[], timeoutMs: number): Promise<BrowserRun> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    execFile(
      path,
      [...args],
      {
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: 1024 ** 2,
        encoding: 'utf8',
        env: programEnvironment(),
      },
      (error, stdout, stderr) => {
        const tookMs = Math.round(performance.now() - startedAt);
        const isLate = error !== null && 'killed' in error && error.killed === true;
        const lines = `${stdout}\n${stderr}`.split('\n').map((line) => line.trim());
        const said = lines
          .filter((line) => line !== '')
          .slice(-3)
          .join(' | ')
          .slice(0, 400);
        resolve({
          ok: error === null,
          said:
            error === null
              ? (lines[0] ?? '')
              : isLate
                ? `nothing within ${timeoutMs} ms`
                : said || error.message,
          tookMs,
        });
      },
    );
  });
}

async function showBlank(path: string): Promise<BrowserRun> {
  const profile = await mkdtemp(join(tmpdir(), 'gatehouse-doctor-'));
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  try {
    const flags = ['--headless', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
    return await run(
      path,
      [...flags, ...asRoot, `--user-data-dir=${profile}`, '--dump-dom', 'about:blank'],
      START_MS,
    );
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined); // Its last process may still write.
  }
}

const CAUSES: readonly (readonly [pattern: RegExp, cause: string, remedy: string])[] = [
  [
    /error while loading shared libraries|cannot open shared object/,
    'a library that it needs is not installed',
    'install the browser by its package, which brings its libraries (Debian: apt-get install chromium)',
  ],
  [
    /[Nn]o usable sandbox|Failed to move to new namespace|clone\(\)|setuid sandbox|zygote_host/,
    'the kernel or the container gives it no sandbox',
    'allow user namespaces (sysctl kernel.unprivileged_userns_clone=1; on Ubuntu kernel.apparmor_restrict_unprivileged_userns=0), or give the container a seccomp profile that does',
  ],
  [
    /EACCES|Permission denied/,
    'this user may not run it',
    'chmod a+rx the browser, or mount its disk without noexec',
  ],
  [
    /ENOEXEC|Exec format error/,
    'it is made for another kind of processor, or is no program',
    'install the browser for this architecture',
  ],
  [/No space left|ENOSPC/, 'the disk of the temporary folder is full', 'free some room in /tmp'],
  [
    /nothing within/,
    'it hangs: too little memory or CPU, or a folder that does not answer',
    'see "Memory" and "Shared memory"; try it by hand',
  ],
];

export function judgeStart({ ok, said, tookMs }: BrowserRun, version: string): Finding[] {
  const name = version.split('\n')[0] ?? '';
  if (ok) return good(`${name || 'a browser'} showed a page in ${tookMs} ms`);
  const [, cause, remedy] = CAUSES.find(([pattern]) => pattern.test(said)) ?? [
    undefined,
    'the browser ends without showing a page',
    'run it by hand as the user of the kit: chromium --headless --dump-dom about:blank',
  ];
  return [found('error', [...(name === '' ? [] : [name]), said], cause, remedy)];
}
