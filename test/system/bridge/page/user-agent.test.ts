import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer';
import { agentFault } from '../../../../services/bridge/page/page-state.ts';
import { launchOptions } from '../../../../services/bridge/session/browser-launch.ts';
import { userAgentOf } from '../../../../services/bridge/session/user-agent.ts';
import { LIMITS } from '../../../support/bridge/limits.ts';
import { until } from '../../../support/until.ts';

const BROWSER = '/usr/bin/chromium';

describe('bridge, the user agent of its browser', () => {
  it('is that of the running browser without Headless, for pages and for service workers', async () => {
    const agents = new Map<string, string>();
    const server = createServer((request, response) => {
      agents.set(request.url ?? '', request.headers['user-agent'] ?? '');
      const isWorker = request.url === '/worker.js';
      response.setHeader('content-type', isWorker ? 'text/javascript' : 'text/html');
      response.end(isWorker ? '' : "<script>navigator.serviceWorker.register('/worker.js')</script>");
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const profileDir = mkdtempSync(join(tmpdir(), 'gatehouse-agent-'));
    const userAgent = await userAgentOf(BROWSER);
    const options = {
      browserPath: BROWSER,
      profileDir,
      headless: true,
      userAgent,
      sandbox: false,
      limits: LIMITS,
    };
    const browser = await puppeteer.launch(launchOptions(options));
    try {
      const plain = (await browser.version()).replace(/^.*\/(\d+)\..*$/, '$1');
      assert.match(userAgent, new RegExp(`Chrome/${plain}\\.0\\.0\\.0`));
      const [page] = await browser.pages();
      await page?.goto(`http://localhost:${port}/`);
      await until('the worker', () => agents.has('/worker.js'));
      assert.equal(agents.get('/'), userAgent);
      assert.equal(agents.get('/worker.js'), userAgent);
      assert.equal(agentFault(userAgent, await browser.version()), undefined);
    } finally {
      await browser.close();
      server.close();
      rmSync(profileDir, { recursive: true, force: true });
    }
  });

  it('cannot be made of a program that does not tell its version, and says what to set', async () => {
    await assert.rejects(
      userAgentOf('/bin/true'),
      /the browser did not start: .* tells no version.*PUPPETEER_EXECUTABLE_PATH/,
    );
  });
});
