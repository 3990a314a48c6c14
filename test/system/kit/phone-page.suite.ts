import assert from 'node:assert/strict';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findBrowser } from '../../../services/runtime/find-browser.ts';
import { openEvents } from '../../support/kit/events.ts';
import type { Kit } from '../../support/kit/kit.ts';
import { firstMessageSent, sharedUnlinkedKit } from '../../support/kit/shared-kit.ts';

describe('phone page, through the public port', () => {
  let kit: Kit;
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];
  before(async () => {
    kit = await sharedUnlinkedKit();
    browser = await chromium.launch({
      executablePath: await findBrowser(''),
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    });
    page = await browser.newPage();
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    await page.goto(`${kit.origin}/sandbox`);
  });
  after(async () => {
    await browser.close();
  });

  it('links the phone with a click', async () => {
    await page.getByRole('button', { name: 'Scan', exact: true }).click({ timeout: 60_000 });
    await firstMessageSent(kit);
    await page.getByRole('button', { name: 'Unlink' }).waitFor();
  });

  it('shows what the kit sends, and takes no message for a page', async () => {
    const hostile = '<img src=x onerror="document.title=1"> & <b>bold</b>';
    await kit.post('/api/whatsapp/send', { chat_id: '15550107001', message: hostile });
    await page.locator('#chats').getByText('15550107001').first().click();
    await page.locator('#messages').getByText(hostile).waitFor();
    assert.equal(await page.locator('#messages b, #messages img').count(), 0);
    assert.match(await page.title(), /^Sandbox phone/);
  });

  it('answers, and the answer is an event', async () => {
    await using events = await openEvents(kit.origin);
    await page.getByLabel('Reply').fill('Heard in the browser');
    await page.locator('#reply').getByRole('button', { name: 'Send' }).click();
    const { data } = await events.next(
      ({ type, data }) => type === 'message' && data.body === 'Heard in the browser',
    );
    assert.equal(data.from, '15550107001@c.us');
  });

  it('misbehaves on request, and behaves again', async () => {
    await page.locator('select[name=mode]').selectOption('fail-result');
    await page.getByRole('button', { name: 'Apply' }).click();
    const send = async () =>
      (await (await kit.post('/api/whatsapp/send', { chat_id: '15550107001', message: 'x' })).json()).code;
    await kit.until('sends are refused', async () => (await send()) === 'send_refused');
    await page.getByRole('button', { name: 'Behave again' }).click();
    await kit.until('sends go well', async () => (await send()) === undefined);
  });

  it('breaks none of its own rules of what may load', () => assert.deepEqual(errors, []));
});
