// A bridge in a process of its own, as main.ts runs it: `node bridge-process.ts '{ …options }'`. Ends on SIGTERM.
import { z } from 'zod';
import { startBridge } from '../../../services/bridge/bridge.ts';
import { guardRejections } from '../../../services/bridge/page/library-rejections.ts';
import { createLog } from '../../../services/runtime/log.ts';

const optionsSchema = z.object({
  secret: z.string(),
  session: z.string(),
  sessionsDir: z.string(),
  storeDir: z.string(),
  browserPath: z.string(),
  api: z.object({ host: z.string(), port: z.number() }),
  limits: z.object({
    initMs: z.number(),
    readyMs: z.number(),
    callMs: z.number(),
    sendMs: z.number(),
    uploadMs: z.number(),
    previewMs: z.number().optional(),
    ackWaitMs: z.number(),
    ackTimeoutMs: z.number(),
    healStepMs: z.number().optional(),
    destroyMs: z.number(),
    probeMs: z.number(),
    pairingQuietMs: z.number().default(600_000),
  }),
});

const log = createLog('bridge', 'debug');
const options = optionsSchema.parse(JSON.parse(process.argv[2] ?? ''));
const bridge = await startBridge({
  ...options,
  host: '127.0.0.1',
  port: 0,
  headless: true,
  spoolMaxBytes: 64 * 1024 ** 2,
  log,
  end: () => process.exit(1),
});
guardRejections(bridge.session, log);
process.once('SIGTERM', async () => {
  await bridge.close();
  process.exit(0);
});
