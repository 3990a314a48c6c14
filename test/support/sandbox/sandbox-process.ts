import { startSandbox } from '../../../services/sandbox/sandbox.ts';
import { BROWSER, FOR_THE_BARE_LIBRARY, silentLog } from './sandbox-folder.ts';

// A sandbox in a process of its own, for tests that kill it: prints its ports as JSON.

const [dataDir = '', port = '0', webPort = '0'] = process.argv.slice(2);
const sandbox = await startSandbox({
  host: '127.0.0.1',
  port: Number(port),
  webPort: Number(webPort),
  dataDir,
  browser: BROWSER,
  autoLink: true,
  authorize: () => undefined,
  log: silentLog,
  settings: FOR_THE_BARE_LIBRARY,
});
console.log(JSON.stringify({ port: sandbox.port, webPort: sandbox.webPort }));
