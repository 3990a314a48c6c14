import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import type { InboundEvent } from '../../../services/bridge/page/inbound-events.ts';
import type { SendingPage } from '../../../services/bridge/send/sending-browser.ts';
import { Session } from '../../../services/bridge/session/session.ts';
import { clearFaults, injectFault } from '../../../services/sandbox/control/fault-injection.ts';
import { faultRequest, incomingRequest } from '../../../services/sandbox/control/request-schemas.ts';
import { composeIncoming } from '../../../services/sandbox/phone/compose-messages.ts';
import { type Sandbox, startSandbox } from '../../../services/sandbox/sandbox.ts';
import { pageUnderTest } from '../sandbox/page-under-test.ts';
import { until } from '../until.ts';
import { LIMITS } from './limits.ts';
import type { PageUnderTest } from './pages-under-test.ts';

const BROWSER = '/usr/bin/chromium';
/** A busy machine needs this long to start a browser, and longer than this for nothing else. */
const CALL_MS = 60_000;

/** `WhatsAppSends` of the bridge in a real browser, before the stand-in of the sandbox. All in this process but the browser. */
export class RealPage implements PageUnderTest {
  readonly sandbox: Sandbox;
  readonly events: InboundEvent[] = [];
  readonly #folder: string;
  readonly #session: Session;
  #readyCount = 0;
  #killed: Session['browser'];

  static async open(): Promise<RealPage> {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-page-'));
    const sandbox = await startSandbox({
      host: '127.0.0.1',
      port: 0,
      webPort: 0,
      dataDir: folder,
      browser: BROWSER,
      autoLink: true,
      authorize: () => undefined,
      log: pino({ level: 'silent' }),
      ...pageUnderTest(),
    });
    return new RealPage(folder, sandbox);
  }

  private constructor(folder: string, sandbox: Sandbox) {
    this.#folder = folder;
    this.sandbox = sandbox;
    const options = {
      session: 'test',
      sessionsDir: join(folder, 'sessions'),
      browserPath: sandbox.wrapperPath,
      headless: true,
      limits: { ...LIMITS, initMs: CALL_MS, readyMs: CALL_MS, callMs: CALL_MS },
      log: pino({ level: 'silent' }),
    };
    this.#session = new Session(options, {
      state: () => undefined,
      qr: () => undefined,
      inbound: (event) => void this.events.push(event),
      pageReady: () => {
        this.#readyCount += 1;
      },
      pageAway: () => undefined,
    });
    this.#session.start();
  }

  call<T>(act: (sends: SendingPage['sends']) => Promise<T>): Promise<T> {
    return this.#session.readyBrowser.call('the test', ({ sends }) => act(sends));
  }

  misbehave(kind: string, more: object = {}): Promise<object> {
    return injectFault(this.sandbox.phone, faultRequest.parse({ kind, ...more }));
  }

  /** Ends all misbehaviour; resolves when the page has heard of it. */
  async behave(): Promise<void> {
    clearFaults(this.sandbox.phone);
    await this.misbehave('policy');
  }

  incoming(body: object): string {
    const { phone } = this.sandbox;
    const message = composeIncoming(incomingRequest.parse(body), phone);
    phone.keep(message);
    return message.id;
  }

  killBrowser(): void {
    const { browser } = this.#session;
    const pid = browser?.whatsapp.browserPid;
    if (pid === undefined) throw new Error('no browser runs');
    this.#killed = browser;
    process.kill(pid, 'SIGKILL');
  }

  async reload(): Promise<void> {
    const count = this.#readyCount;
    await this.misbehave('reload');
    const isReadyAgain = () => this.#readyCount > count && this.#session.isReady;
    await until('the page to be ready again', isReadyAgain);
  }

  untilReady(): Promise<unknown> {
    return until(
      'a browser that is ready',
      () => this.#session.isReady && this.#session.browser !== this.#killed,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.stop('the test is over');
    await this.sandbox.close();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
