import assert from 'node:assert/strict';
import { isLibraryRejection } from '../../../../services/bridge/page/library-rejections.ts';

describe('bridge, rejections that nobody handled', () => {
  it('knows those of the library by its strings and its stack', () => {
    assert.ok(isLibraryRejection('auth timeout'));
    const detached = new Error("Attempted to use detached Frame 'F'.");
    detached.stack = `${detached}\n    at CdpFrame.evaluate (/app/node_modules/puppeteer-core/lib/cjs/puppeteer.js:1:1)`;
    assert.ok(isLibraryRejection(detached));
    const inPage = new Error('x is not a function');
    inPage.stack = `${inPage}\n    at pptr:evaluate;Client.inject%20(%2Fapp%2Fnode_modules%2Fwhatsapp-web.js%2Fsrc%2FClient.js%3A1%3A1):2:3`;
    assert.ok(isLibraryRejection(inPage));
  });

  it('takes any other for a fault of ours', () => {
    for (const reason of [new Error('ours'), 'some string', undefined, { message: 'auth timeout' }]) {
      assert.equal(isLibraryRejection(reason), false);
    }
  });
});
