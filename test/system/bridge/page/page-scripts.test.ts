import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer';
import { ACKNOWLEDGE_DIALOGS, readDialogs } from '../../../../services/bridge/page/life/dialogs.ts';
import { READ_UNSUPPORTED } from '../../../../services/bridge/page/life/unsupported.ts';
import { launchOptions } from '../../../../services/bridge/session/browser-launch.ts';
import { LIMITS } from '../../../support/bridge/limits.ts';

/** A button that removes its dialog, as those of the page do. */
const button = (words: string, more = '') =>
  `<button ${more} onclick="document.title += '[${words || 'x'}]'; this.closest('[role=dialog]').remove()"><span>${words}</span></button>`;
const dialog = (title: string, content: string) =>
  `<div role="dialog" aria-modal="true"><div data-testid="confirm-popup"><h1>${title}</h1>${content}</div></div>`;
const CLOSE = button('', 'aria-label="Close"');

describe('bridge, what it does in the document of a page', () => {
  let browser: Browser;
  let page: Page;
  let profileDir: string;
  before(async () => {
    profileDir = mkdtempSync(join(tmpdir(), 'gatehouse-scripts-'));
    const options = { profileDir, headless: true, userAgent: 'Mozilla/5.0', sandbox: false, limits: LIMITS };
    browser = await puppeteer.launch(launchOptions({ ...options, browserPath: '/usr/bin/chromium' }));
    page = await browser.newPage();
  });
  after(async () => {
    await browser.close();
    rmSync(profileDir, { recursive: true, force: true });
  });

  async function lookAt(html: string) {
    await page.setContent(`<title></title>${html}`);
    const look = readDialogs(await page.evaluate(ACKNOWLEDGE_DIALOGS));
    return { ...look, clicks: await page.title() };
  }

  it('acknowledges the dialog for new users, in several languages', async () => {
    for (const [title, words] of [
      ["What's new on WhatsApp Web", 'Continue'],
      ['Novedades en WhatsApp Web', 'Continuar'],
      ['Neuigkeiten', ' WEITER '],
    ] as const) {
      const look = await lookAt(dialog(title, `${CLOSE}<p>Icons</p><div>${button(words.trim())}</div>`));
      assert.deepEqual(look, { acknowledged: [title], left: [], clicks: `[${words.trim()}]` });
      assert.equal(await page.$('[role="dialog"]'), null);
    }
  });

  for (const [what, content] of [
    ['asks for a choice', button('Cancel') + button('Continue')],
    ['says what would be done', button('Log out')],
    ['wants the page loaded anew', button('Refresh')],
    ['wants something ticked', `<input type="checkbox">${button('Continue')}`],
    ['wants something typed', `<div contenteditable="true"></div>${button('Continue')}`],
    ['has no button', '<p>Wait</p>'],
  ] as const)
    it(`touches no dialog that ${what}, and tells its title`, async () => {
      const look = await lookAt(dialog('Something else', content));
      assert.deepEqual(look, { acknowledged: [], left: ['Something else'], clicks: '' });
    });

  it('finds nothing in a page without a dialog', async () => {
    assert.deepEqual(await lookAt('<p>chats</p>'), { acknowledged: [], left: [], clicks: '' });
  });

  it('tells the page for a browser that WhatsApp does not support from one that loads', async () => {
    const refusal =
      'WhatsApp works with Google Chrome 100+ To use WhatsApp, update Chrome or use Mozilla Firefox';
    for (const [html, text] of [
      [
        `<h1>WhatsApp works with Google Chrome 100+</h1> <p>To use WhatsApp, update Chrome or use Mozilla Firefox</p>`,
        refusal,
      ],
      ['<p>Loading your chats</p>', null],
      ['', null],
      [`<script>window.require = () => ({})</script><p>a chat about Google Chrome</p>`, null],
    ] as const) {
      await page.setContent(html);
      assert.equal(await page.evaluate(READ_UNSUPPORTED), text);
    }
  });
});
