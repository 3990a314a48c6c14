import { errorText } from '../contract/errors.ts';
import { findBrowser } from '../runtime/find-browser.ts';
import { runService } from '../runtime/process/run-service.ts';
import { exitWhenWritten } from '../runtime/standard-output.ts';
import { startBridge } from './bridge.ts';
import { guardRejections } from './page/library-rejections.ts';

/** Chromium closes in a tenth of a second; past this it hangs. */
const DESTROY_MS = 5_000;

await runService('bridge', async ({ config, log }) => {
  const { ports, internal, session, store, outbox } = config;
  log.info(`WhatsApp bridge will listen on port: ${ports.bridge}`);
  const browserPath = await findBrowser(session.browserPath).catch((error: unknown) => {
    log.error(errorText(error)); // The session says the same and keeps looking: a browser may yet be installed.
    return session.browserPath || 'chromium';
  });
  const bridge = await startBridge({
    host: internal.host,
    port: ports.bridge,
    secret: internal.secret,
    session: session.name,
    sessionsDir: session.folder,
    storeDir: store.folder,
    spoolMaxBytes: store.spoolMaxBytes,
    browserPath,
    headless: true,
    api: { host: internal.apiHost, port: ports.api },
    limits: {
      initMs: session.initTimeoutMs,
      readyMs: session.readyTimeoutMs,
      callMs: session.callTimeoutMs,
      sendMs: session.sendTimeoutMs,
      uploadMs: session.uploadTimeoutMs,
      ackWaitMs: session.sendWaitMs,
      ackTimeoutMs: outbox.ackTimeoutMs,
      destroyMs: DESTROY_MS,
    },
    log,
    end: () => exitWhenWritten(1),
  });
  guardRejections(bridge.session, log);
  return bridge;
});
