import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer';
import { writeBrowserWrapper } from '../../../services/sandbox/site/browser-wrapper.ts';
import { loadCertificate } from '../../../services/sandbox/site/certificate.ts';
import { until } from '../until.ts';
import { BROWSER } from './sandbox-folder.ts';

export const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const WHATSAPP = 'https://web.whatsapp.com';

/**
 * One Chromium for all sandboxes of this process, one sandbox after the other. It reaches them through a relay, because
 * the port of a sandbox is in the command line of its browser, and all have one certificate. It ends with this process,
 * and does not keep this process alive.
 */
export class SharedBrowser {
  readonly #folder = mkdtempSync(join(tmpdir(), 'gatehouse-browser-'));
  readonly #relayed = new Set<Socket>();
  #webPort = 0;
  #wrapperPath: Promise<string> | undefined;
  #browser: ChildProcess | undefined;

  /** Gives a data folder the certificate that this browser knows; before its sandbox starts. */
  async certify(dataDir: string): Promise<void> {
    await this.#prepare();
    const folder = join(dataDir, 'sandbox');
    mkdirSync(folder, { recursive: true });
    copyFileSync(join(this.#folder, 'certificate.pem'), join(folder, 'certificate.pem'));
  }

  /** From here on the browser sees the sandbox at this port. */
  relayTo(webPort: number): void {
    this.#webPort = webPort;
  }

  /** Where whatsapp-web.js connects. Starts the browser if it does not run. */
  async endpoint(): Promise<string> {
    if (!this.#isRunning) await this.#launch();
    const [port, path] = readFileSync(this.#portFile, 'utf8').split('\n');
    return `ws://127.0.0.1:${port}${path}`;
  }

  /** Closes all pages, and forgets what they stored. */
  async clear(): Promise<void> {
    if (!this.#isRunning) return;
    const browser = await puppeteer.connect({ browserWSEndpoint: await this.endpoint() });
    const blank = await browser.newPage();
    for (const page of await browser.pages()) if (page !== blank) await page.close();
    const protocol = await blank.createCDPSession();
    await protocol.send('Storage.clearDataForOrigin', { origin: WHATSAPP, storageTypes: 'all' });
    await browser.disconnect();
  }

  /** Ends the browser as a power cut would. The next one runs on the same profile. */
  async kill(): Promise<void> {
    const browser = this.#browser;
    if (browser === undefined || !this.#isRunning) throw new Error('no browser runs');
    const gone = once(browser, 'exit');
    this.#killGroup(browser);
    await gone;
  }

  get #isRunning(): boolean {
    return this.#browser?.exitCode === null && this.#browser.signalCode === null;
  }

  get #portFile(): string {
    return join(this.#folder, 'profile', 'DevToolsActivePort');
  }

  async #launch(): Promise<void> {
    const path = await this.#prepare();
    rmSync(this.#portFile, { force: true });
    const args = puppeteer.defaultArgs({
      headless: true,
      userDataDir: join(this.#folder, 'profile'),
      args: [...FLAGS, '--remote-debugging-port=0'],
    });
    const browser = spawn(path, args, { stdio: 'ignore', detached: true });
    browser.unref();
    this.#browser = browser;
    // The second line is the last that the browser writes.
    await until('the port of the browser', () => {
      const text = existsSync(this.#portFile) ? readFileSync(this.#portFile, 'utf8') : '';
      return /^\d+\n\S+$/.test(text.trim());
    });
  }

  #prepare(): Promise<string> {
    this.#wrapperPath ??= (async () => {
      const relay = createServer((socket) => this.#relay(socket)).unref();
      await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
      const address = relay.address();
      const webPort = typeof address === 'object' && address !== null ? address.port : 0;
      const { spki } = await loadCertificate(this.#folder);
      process.once('exit', () => this.#end());
      return writeBrowserWrapper({ folder: this.#folder, browser: BROWSER, webPort, spki });
    })();
    return this.#wrapperPath;
  }

  #relay(socket: Socket): void {
    const target = connect(this.#webPort, '127.0.0.1');
    for (const [from, to] of [
      [socket, target],
      [target, socket],
    ] as const) {
      this.#relayed.add(from.unref());
      from.pipe(to);
      from.once('error', () => to.destroy()).once('close', () => to.destroy());
      from.once('close', () => this.#relayed.delete(from));
    }
  }

  #killGroup({ pid }: ChildProcess): void {
    if (pid !== undefined && this.#isRunning) process.kill(-pid, 'SIGKILL');
  }

  #end(): void {
    if (this.#browser !== undefined) this.#killGroup(this.#browser);
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

export const sharedBrowser = new SharedBrowser();
