import { type PageUnderTest, pagesUnderTest } from '../../support/bridge/pages-under-test.ts';
import { choosesIds } from './chosen-ids.suite.ts';
import { sendsContents } from './contents.suite.ts';
import { looksUp } from './lookup.suite.ts';
import { outlivesItsBrowser } from './new-page.suite.ts';
import { knowsPeople } from './people.suite.ts';
import { refusesSends } from './refusals.suite.ts';

/**
 * What the sender needs of a page. The model holds in unit tests only as far as it behaves here as the real page does: what a
 * unit test of sends relies on belongs into these suites.
 */
for (const { name, open } of pagesUnderTest)
  describe(`page for sends, ${name}`, () => {
    // A busy machine starts a browser slowly.
    let page: PageUnderTest;
    const world = () => page;
    before(async () => {
      page = await open();
      await page.untilReady();
    });
    afterEach(() => page.behave());
    after(async () => {
      await page[Symbol.asyncDispose]();
    });

    choosesIds(world);
    sendsContents(world);
    looksUp(world);
    knowsPeople(world);
    refusesSends(world);
    outlivesItsBrowser(world);
  });
