import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import type { BridgeLimits } from '../../../services/bridge/limits.ts';
import type { InboundEvent } from '../../../services/bridge/page/inbound-events.ts';
import { Sender } from '../../../services/bridge/send/sender.ts';
import type { SendingPage } from '../../../services/bridge/send/sending-browser.ts';
import type { BrowserEnd } from '../../../services/bridge/session/browser-end.ts';
import { sendBodySchema } from '../../../services/contract/bridge.ts';
import { ERRORS, KitError } from '../../../services/contract/errors.ts';
import { parseBy } from '../../../services/runtime/http/request-validation.ts';
import { clearFaults, injectFault } from '../../../services/sandbox/control/fault-injection.ts';
import { faultRequest, incomingRequest } from '../../../services/sandbox/control/request-schemas.ts';
import { composeIncoming } from '../../../services/sandbox/phone/compose-messages.ts';
import { Phone } from '../../../services/sandbox/phone/phone.ts';
import type { WireMessage } from '../../../services/sandbox/web/wire.ts';
import { until } from '../until.ts';
import { LIMITS } from './limits.ts';
import { ModelBrowser } from './model-browser.ts';
import type { Moment, PageDatabase } from './page-outbox.ts';
import type { Answer } from './world.ts';

const DEVICE = { id: 'model', pn: '15550001111@c.us', lid: '11110005551@lid', pushname: 'Sandbox Phone' };
/** Limits that a busy machine does not reach. A test that is about a limit sets its own. */
const UNREACHED = { callMs: 60_000, sendMs: 60_000, uploadMs: 60_000, previewMs: 60_000, ackWaitMs: 60_000 };

/**
 * The sends of a bridge in this process: the bridge's own `Sender` before the model of the page, and the sandbox's phone
 * behind it. Its browser may end, and the next one starts with the same database and the same phone, as a session does it.
 */
export class ModelWorld implements AsyncDisposable {
  readonly sandbox: { readonly phone: Phone };
  readonly events: InboundEvent[] = [];
  readonly log: string[] = [];
  /** Why its browsers have ended. */
  readonly ends: BrowserEnd[] = [];
  /** May be changed between sends. */
  readonly limits: { -readonly [Name in keyof BridgeLimits]: BridgeLimits[Name] };
  /** Called at each step of each message, before the page goes on. */
  onMoment: (moment: Moment, message: WireMessage) => void = () => undefined;
  readonly #folder: string;
  readonly #database: PageDatabase = { outbox: [] };
  #browser: ModelBrowser;
  #sender: Sender;
  #isOver = false;

  constructor(limits: Partial<BridgeLimits> = {}) {
    this.limits = { ...LIMITS, ...UNREACHED, ...limits };
    this.#folder = mkdtempSync(join(tmpdir(), 'gatehouse-page-model-'));
    const log = pino({ level: 'silent' });
    const phone = new Phone({ folder: this.#folder, autoLink: false, log });
    this.sandbox = { phone };
    phone.write({ kind: 'linked', device: DEVICE, at: new Date().toISOString() });
    this.#sender = this.#newSender();
    this.#browser = this.#newBrowser();
  }

  get sender(): Sender {
    return this.#sender;
  }

  get browser(): ModelBrowser {
    return this.#browser;
  }

  /** Answers as `POST /send` of the bridge does. */
  async send(message: string, chatId = '15552220000@c.us', more: object = {}): Promise<Answer> {
    return this.post({ chatId, message, ...more });
  }

  async post(body: object): Promise<Answer> {
    try {
      return { status: 200, body: await this.#sender.send(parseBy(sendBodySchema, body, 'body_invalid')) };
    } catch (error) {
      if (!(error instanceof KitError)) throw error;
      return { status: ERRORS[error.code].status, body: { code: error.code, detail: error.message } };
    }
  }

  /** One call into the page of the browser that is ready. */
  call<T>(act: (sends: SendingPage['sends']) => Promise<T>): Promise<T> {
    return this.#readyBrowser().call('the test', ({ sends }) => act(sends));
  }

  misbehave(kind: string, more: object = {}): Promise<object> {
    return injectFault(this.sandbox.phone, faultRequest.parse({ kind, ...more }));
  }

  /** Ends all misbehaviour; resolves when the page has heard of it. */
  async behave(): Promise<void> {
    this.onMoment = () => undefined;
    clearFaults(this.sandbox.phone);
    await this.misbehave('policy');
  }

  /** Somebody writes to this account; gives the id of the message. */
  incoming(body: object): string {
    const { phone } = this.sandbox;
    const message = composeIncoming(incomingRequest.parse(body), phone);
    phone.keep(message);
    return message.id;
  }

  /** The browser exits; the next one starts in a later turn of the event loop. */
  killBrowser(): void {
    this.#browser.end({ kind: 'failed', reason: 'the browser has exited' });
  }

  /** Another process of the bridge, which knows nothing of the sends of this one. */
  async restartBridge(): Promise<void> {
    this.#browser.end({ kind: 'stopped', reason: 'the bridge was killed' });
    this.#sender = this.#newSender();
    await this.untilReady();
  }

  async reload(): Promise<void> {
    this.#browser.reload();
    await this.untilReady();
  }

  untilReady(): Promise<unknown> {
    return until('a browser that is ready', () => this.#browser.isReady);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.#browser.end({ kind: 'stopped', reason: 'the test is over' });
    await this.#sender.close();
    this.sandbox.phone.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #readyBrowser(): ModelBrowser {
    if (this.#browser.isReady) return this.#browser;
    throw new KitError('whatsapp_not_ready', 'the session is not ready');
  }

  #newSender(): Sender {
    const log = pino({ level: 'debug' }, { write: (line: string) => void this.log.push(line) });
    return new Sender(() => this.#readyBrowser(), this.limits, log);
  }

  #newBrowser(): ModelBrowser {
    return new ModelBrowser({
      phone: this.sandbox.phone,
      deviceId: DEVICE.id,
      database: this.#database,
      limits: this.limits,
      tell: (event) => {
        this.events.push(event);
        this.#sender.take(event);
      },
      onMoment: (moment, message) => this.onMoment(moment, message),
      onEnd: (end) => {
        this.ends.push(end);
        setImmediate(() => this.#startAgain());
      },
    });
  }

  #startAgain(): void {
    if (!this.#isOver) this.#browser = this.#newBrowser();
  }
}
