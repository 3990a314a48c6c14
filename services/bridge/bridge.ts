import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { errorText } from '../contract/errors.ts';
import type { Origin } from '../runtime/http/internal-call.ts';
import { createInternalServer } from '../runtime/http/internal-server.ts';
import { listen } from '../runtime/http/listen.ts';
import type { Log } from '../runtime/log.ts';
import { createApp } from './bridge-app.ts';
import { CompatTester } from './compat-tester.ts';
import { within } from './deadline.ts';
import { Backfill } from './events/backfill.ts';
import { toBridgeEvent } from './events/bridge-event.ts';
import { EventSender } from './events/event-sender.ts';
import { type BridgeLimits, DEFAULT_PAIRING_QUIET_MS, LEAST_HEAL_STEP_MS } from './limits.ts';
import type { TestedPage } from './page/compat/self-test.ts';
import type { InboundEvent } from './page/inbound-events.ts';
import { Sender } from './send/sender.ts';
import { survivePipeErrors } from './session/browser-pipes.ts';
import { Session } from './session/session.ts';
import { AckWatchdog } from './watchdog/watchdog.ts';

/** What is left for the api to take the last events when the bridge closes. */
const LAST_EVENTS_MS = 1_000;

export interface BridgeOptions {
  readonly host: string;
  readonly port: number;
  /** Of this boot; every route but /health wants it. */
  readonly secret: string;
  /** The session's name: letters, digits, `-` and `_`. */
  readonly session: string;
  readonly sessionsDir: string;
  /** Where events are kept until the api has taken them. */
  readonly storeDir: string;
  readonly spoolMaxBytes: number;
  readonly browserPath: string;
  readonly headless: boolean;
  /** Where events are posted. */
  readonly api: Origin;
  readonly limits: BridgeLimits;
  readonly log: Log;
  /** Ends this process, for another to start: called once the bridge has closed because nothing else helps. */
  end(): void;
}

export interface Bridge {
  readonly port: number;
  readonly session: Session;
  /**
   * Refuses new sends, finishes those under way, closes the browser and leaves no process behind; within about
   * `graceMs`, of which sends get what the browser and the last events leave.
   */
  close(graceMs?: number): Promise<void>;
}

/** Opens the port, then starts the WhatsApp session in the background; a session that cannot start keeps trying. */
export async function startBridge(options: BridgeOptions): Promise<Bridge> {
  const { log, limits } = options;
  if (!/^[\w-]+$/.test(options.session)) throw new Error(`"${options.session}" is no name for a session`);
  survivePipeErrors(log);
  const spoolDir = join(options.storeDir, 'spool', options.session);
  const events = new EventSender({
    ...options,
    spoolDir,
    onKept: (kept) => backfill.kept(kept),
    onTrouble: (reason) => session.remark('events', reason),
  });
  const take = (inbound: InboundEvent, account: string | undefined) => {
    if (inbound.kind !== 'unreadable') events.take(toBridgeEvent(options.session, inbound, account));
    else {
      const { error } = inbound;
      log.error({ err: error }, `an event of WhatsApp could not be read and is lost: ${error.message}`);
    }
  };
  const linked = () => session.browser?.whatsapp.account;
  const ofAccount = () => {
    const account = linked()?.id;
    return account === undefined ? {} : { account };
  };
  const head = () => ({ session: options.session, key: randomUUID(), at: new Date().toISOString() });
  const holds: { page?: string | undefined; watchdog?: string | undefined } = {};
  const hold = (part: keyof typeof holds, reason: string | undefined) => {
    holds[part] = reason;
    session.hold(holds.page ?? holds.watchdog);
  };
  const compat = new CompatTester({
    session: options.session,
    path: join(spoolDir, 'compat.json'),
    log,
    tell: (event) => events.take({ ...event, ...ofAccount() }),
    hold: (reason) => hold('page', reason),
  });
  const testPage = (whatsapp: TestedPage) => compat.test(whatsapp);
  const session = new Session(
    { ...options, testPage },
    {
      state: (data) => {
        if (data.state === 'qr') watchdog.forget();
        if (data.state === 'qr' || data.state === 'pairing') backfill.codeShown();
        if (data.state === 'syncing') backfill.linking();
        const me = data.state === 'ready' || data.state === 'degraded' ? linked() : undefined;
        const about = me === undefined ? data : { ...data, me };
        events.take({ ...head(), ...ofAccount(), kind: 'state', data: about });
      },
      qr: ({ qr, generated_at }) => events.take({ ...head(), kind: 'qr', data: { qr, generated_at } }),
      inbound: (event, account) => {
        sender.take(event);
        watchdog.take(event);
        take(event, account);
      },
      pageReady: (browser) => {
        watchdog.pageReady(browser);
        backfill.pageReady(browser);
        compat.pageReady(browser);
      },
      pageAway: () => {
        watchdog.pageAway();
        backfill.pageAway();
        compat.pageAway();
      },
    },
  );
  const backfill = new Backfill({
    session: options.session,
    cursorPath: join(spoolDir, 'known.json'),
    pairingPath: join(spoolDir, 'paired.json'),
    pairingQuietMs: limits.pairingQuietMs ?? DEFAULT_PAIRING_QUIET_MS,
    log,
    take: (event) => events.take({ ...ofAccount(), ...event }),
    kept: () => events.kept(),
  });
  const watchdog = new AckWatchdog({
    ackTimeoutMs: limits.ackTimeoutMs,
    stepMs: limits.healStepMs ?? Math.max(LEAST_HEAL_STEP_MS, limits.ackTimeoutMs / 2),
    recordPath: join(spoolDir, 'unacknowledged.json'),
    log,
    hold: (reason) => hold('watchdog', reason),
    remark: (text) => session.remark('watchdog', text),
    tell: (event) => take(event, linked()?.id),
    giveUp: (reason) => {
      log.fatal(reason);
      void closeOnce().finally(() => options.end());
    },
  });
  const sender = new Sender(
    () => session.readyBrowser,
    limits,
    log,
    (content) => compat.demand(content),
    () => compat.doubt(),
  );
  const app = createApp({
    session,
    sessionName: options.session,
    sender,
    secret: options.secret,
    log,
    eventsWaiting: () => events.waiting,
    compat: () => compat.report,
  });
  const server = createInternalServer(app);
  const port = await listen(server, options.port, options.host);
  log.info(`HTTP server listening on port ${port} for send commands`);
  await watchdog.start();
  session.start();

  const close = async (graceMs: number) => {
    watchdog.stop();
    const sendsMs = Math.max(0, graceMs - limits.destroyMs - LAST_EVENTS_MS);
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    await within(sendsMs, sender.close(), 'the sends under way').catch((error: unknown) => {
      log.warn(`closing with sends under way, whose outcome is unknown: ${errorText(error)}`);
    });
    await session.stop('the bridge closes');
    await compat.close();
    await backfill.close();
    await events.close(LAST_EVENTS_MS);
    server.closeAllConnections();
    await closed;
  };
  let closing: Promise<void> | undefined;
  const closeOnce = (graceMs = limits.sendMs + limits.destroyMs) => {
    closing ??= close(graceMs);
    return closing;
  };
  return { port, session, close: closeOnce };
}
