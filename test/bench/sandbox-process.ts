// A stand-in in a process of its own, as the kit runs it: `node sandbox-process.ts FOLDER`. Prints the browser to start
// and its port.
import { findBrowser } from '../../services/runtime/find-browser.ts';
import { createLog } from '../../services/runtime/log.ts';
import { startSandbox } from '../../services/sandbox/sandbox.ts';

const { wrapperPath, port } = await startSandbox({
  host: '127.0.0.1',
  port: 0,
  webPort: 0,
  dataDir: process.argv[2] ?? '.',
  browser: await findBrowser(''),
  autoLink: true,
  authorize: () => undefined,
  // The last page that the peer, the unmodified library, works on.
  settings: { edition: '2026-06' },
  log: createLog('sandbox', 'silent'),
});
process.stdout.write(`${JSON.stringify({ wrapperPath, port })}\n`);
