import type { Log } from '../../runtime/log.ts';
import type { BridgeLimits } from '../limits.ts';
import { loadLibrary } from '../page/library.ts';
import type { WhatsAppListener } from '../page/life/whatsapp-listener.ts';
import { WhatsApp } from '../page/whatsapp.ts';
import { launchOptions, requireBrowser, requireRoom } from './browser-launch.ts';
import { killBrowserTree } from './browser-processes.ts';
import type { Profile } from './profile.ts';
import { userAgentOf } from './user-agent.ts';

/** What every browser of a session has in common. */
export interface BrowserSettings {
  readonly sessionsDir: string;
  readonly browserPath: string;
  readonly headless: boolean;
  readonly limits: BridgeLimits;
  readonly log: Log;
  /** Tests each page before it counts as ready. Returns why the session cannot be ready with it. */
  testPage?(whatsapp: WhatsApp): Promise<string | undefined>;
}

/** Makes a browser with WhatsApp Web, which is not started yet. */
export type OpenWhatsApp = (listener: WhatsAppListener) => WhatsApp;

/** Returns the maker of the next browser of a session, once all that the browser needs is there. */
export type PrepareBrowser = typeof prepareBrowser;

/**
 * Checks and claims all that a browser needs, and loads the library. Call it after the port is open: the library and
 * puppeteer take a third of a second to load. Throws `bridge_failed`.
 */
export async function prepareBrowser(
  { sessionsDir, browserPath, headless, limits, log, testPage: test = passPage }: BrowserSettings,
  profile: Profile,
  sandbox: boolean,
): Promise<OpenWhatsApp> {
  await requireRoom(sessionsDir);
  await requireBrowser(browserPath);
  await profile.claim();
  const library = await loadLibrary(log);
  const userAgent = await userAgentOf(browserPath);
  const { dir: profileDir } = profile;
  const launch = launchOptions({ browserPath, headless, userAgent, sandbox, profileDir, limits });
  const killBrowser = (pid: number | undefined) => killBrowserTree(profileDir, pid);
  return (listener) => new WhatsApp({ library, launch, initMs: limits.initMs, killBrowser, test }, listener);
}

const passPage = async () => undefined;
