import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, readSandboxPage } from '#config';
import { startBridge } from '../../../services/bridge/bridge.ts';
import type { BridgeLimits } from '../../../services/bridge/limits.ts';
import { guardRejections } from '../../../services/bridge/page/library-rejections.ts';
import { findBrowser } from '../../../services/runtime/find-browser.ts';
import { createLog, type Log } from '../../../services/runtime/log.ts';
import { lockFile } from '../../../services/runtime/process/file-lock.ts';
import { type Sandbox, startSandbox } from '../../../services/sandbox/sandbox.ts';
import { parsePolicy } from '../../../services/sandbox/web/policy.ts';
import { parseSettings } from '../../../services/sandbox/web/settings.ts';
import type { RehearsedBridge } from '../bridge.ts';
import { EventLog } from '../event-log.ts';
import type { PrivateWords } from '../publish.ts';
import { bridgeOverHttp } from './bridge-over-http.ts';
import { startEventServer } from './event-server.ts';
import { SandboxPerson } from './sandbox-person.ts';

/** The name of its WhatsApp login, of which the kit's own knows nothing. */
const SESSION = 'rehearsal';
const LOOPBACK = '127.0.0.1';
/** Chromium closes in a tenth of a second; past this it hangs. */
const DESTROY_MS = 5_000;
const MARGIN_MS = 5_000;

export interface StartedRehearsal {
  readonly bridge: RehearsedBridge;
  readonly events: EventLog;
  /** The phones of the sandbox; undefined on real WhatsApp. */
  readonly person: SandboxPerson | undefined;
  /** What the bridge logs, which is not for the public. */
  readonly logPath: string;
  readonly folder: string;
  close(): Promise<void>;
}

export interface StartOptions {
  readonly config: Config;
  readonly secrets: PrivateWords;
  readonly to: string | undefined;
  /** What cannot go on, and ends the bridge: the bridge has said why in its log. */
  onEnd(): void;
}

/** The data folder of rehearsals. That of the sandbox is another: a phone is linked to one of them. */
export function folderOf({ dataDir, whatsapp }: Config): string {
  return join(dataDir, whatsapp === 'sandbox' ? `${SESSION}-sandbox` : SESSION);
}

/**
 * Starts a bridge in this process, on a login and a data folder of its own, with a server that takes its events; and where
 * `WHATSAPP` says so the sandbox. Throws KitError `already_running` when another rehearsal has the folder.
 */
export async function startRehearsal({
  config,
  secrets,
  to,
  onEnd,
}: StartOptions): Promise<StartedRehearsal> {
  const folder = folderOf(config);
  const closing: (() => unknown)[] = [];
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    mkdirSync(folder, { recursive: true });
    const lock = lockFile(join(folder, SESSION), 'already_running');
    closing.push(() => lock.release());
    const logPath = join(folder, 'private.log');
    const file = openSync(logPath, 'w', 0o600);
    closing.push(() => closeSync(file));
    const log = createLog(SESSION, 'debug', { write: (line: string) => writeLine(file, line) });

    const browser = await findBrowser(config.session.browserPath);
    const sandbox =
      config.whatsapp === 'sandbox' ? await openSandbox(config, folder, browser, log) : undefined;
    if (sandbox !== undefined) closing.push(() => sandbox.close());
    const secret = randomBytes(24).toString('hex');
    const events = new EventLog();
    const api = await startEventServer((event) => {
      secrets.learn(event);
      events.take(event);
    }, secret);
    closing.push(() => api.close());
    const limits = limitsOf(config);
    const bridge = await startBridge({
      host: LOOPBACK,
      port: 0,
      secret,
      session: SESSION,
      sessionsDir: join(folder, 'sessions'),
      storeDir: folder,
      spoolMaxBytes: config.store.spoolMaxBytes,
      browserPath: sandbox?.wrapperPath ?? browser,
      headless: true,
      api,
      limits,
      log,
      end: onEnd,
    });
    closing.push(() => bridge.close(limits.destroyMs + MARGIN_MS));
    guardRejections(bridge.session, log);
    const person = sandbox && new SandboxPerson(sandbox.port, to);
    const client = bridgeOverHttp({
      bridge,
      host: LOOPBACK,
      secret,
      sendMs: limits.sendMs + limits.uploadMs + limits.ackWaitMs + MARGIN_MS,
      callMs: limits.callMs + 2 * MARGIN_MS,
      // The connection of the stand-in is none that Chromium could cut: server-sent events go on.
      setOffline: async (isOffline) =>
        person === undefined
          ? bridge.session.browser?.whatsapp.setOffline(isOffline)
          : person.setOffline(isOffline),
    });
    closing.push(() => client.close());
    return { bridge: client, events, person, logPath, folder, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A disk that is full costs lines of the log, and not the rehearsal. */
function writeLine(file: number, line: string): void {
  try {
    writeSync(file, line);
  } catch {
    return; // Nothing is left to tell it to.
  }
}

function openSandbox(config: Config, folder: string, browser: string, log: Log): Promise<Sandbox> {
  const page = readSandboxPage(config.sandbox.page);
  return startSandbox({
    host: LOOPBACK,
    port: 0,
    webPort: 0,
    dataDir: folder,
    browser,
    autoLink: true,
    policy: parsePolicy(page),
    settings: parseSettings(page),
    authorize: () => undefined,
    log,
  });
}

/** Those of the kit, so that the rehearsal is what the kit does. */
function limitsOf({ session, outbox }: Config): BridgeLimits {
  return {
    initMs: session.initTimeoutMs,
    readyMs: session.readyTimeoutMs,
    callMs: session.callTimeoutMs,
    sendMs: session.sendTimeoutMs,
    uploadMs: session.uploadTimeoutMs,
    ackWaitMs: session.sendWaitMs,
    ackTimeoutMs: outbox.ackTimeoutMs,
    destroyMs: DESTROY_MS,
  };
}
