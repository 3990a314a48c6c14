import { join } from 'node:path';
import { closeServer, listen } from '../runtime/http/listen.ts';
import type { Log } from '../runtime/log.ts';
import { type Authorize, createPhoneServer } from './control/phone-server.ts';
import { Phone } from './phone/phone.ts';
import { writeBrowserWrapper } from './site/browser-wrapper.ts';
import { loadCertificate } from './site/certificate.ts';
import { createSiteServer } from './site/site-server.ts';
import type { Policy } from './web/policy.ts';
import type { Settings } from './web/settings.ts';

const LOOPBACK = '127.0.0.1';

export interface SandboxOptions {
  /** Where the phone page listens. Port 0 is any free one. */
  readonly host: string;
  readonly port: number;
  /** Where the stand-in for https://web.whatsapp.com listens, always on loopback. */
  readonly webPort: number;
  /** The kit's data folder; the sandbox keeps to `sandbox/` in it. */
  readonly dataDir: string;
  /** The real browser's executable. */
  readonly browser: string;
  /** The phone scans a QR code by itself, until somebody unlinks it. */
  readonly autoLink: boolean;
  readonly authorize: Authorize;
  readonly log: Log;
  /** How sends fare as long as nobody makes it misbehave. */
  readonly policy?: Partial<Policy>;
  /** How the page behaves as long as nobody makes it misbehave. */
  readonly settings?: Partial<Settings>;
}

export interface Sandbox {
  readonly port: number;
  readonly webPort: number;
  /** What to start in place of the browser. */
  readonly wrapperPath: string;
  readonly phone: Phone;
  close(): Promise<void>;
}

/** Starts the stand-in for WhatsApp Web, the phone, and the page to play with it. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { autoLink, policy, settings, log, browser } = options;
  const folder = join(options.dataDir, 'sandbox');
  const certificate = await loadCertificate(folder);
  const phone = new Phone({ folder, autoLink, policy, settings, log });
  const siteServer = createSiteServer(certificate, phone, log);
  const phoneServer = createPhoneServer(phone, options.authorize, log);
  const close = async () => {
    await Promise.all([closeServer(siteServer, 0), closeServer(phoneServer, 0)]);
    phone.close();
  };
  try {
    const webPort = await listen(siteServer, options.webPort, LOOPBACK);
    const wrapperPath = writeBrowserWrapper({ folder, browser, webPort, spki: certificate.spki });
    const port = await listen(phoneServer, options.port, options.host);
    return { port, webPort, wrapperPath, phone, close };
  } catch (error) {
    await close();
    throw error;
  }
}
