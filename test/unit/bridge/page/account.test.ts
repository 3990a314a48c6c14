import assert from 'node:assert/strict';
import fc from 'fast-check';
import { accountOf, meSchema, READ_ME } from '../../../../services/bridge/page/people/account.ts';
import { accountSchema } from '../../../../services/contract/person.ts';
import { ScriptPage } from '../../../support/bridge/script-page.ts';

const NUMBER = '15550001111@c.us';
const LID = '100000000000001@lid';

describe('bridge, the account of a page', () => {
  it('has the number for its id, and the LID beside it', () => {
    const info = { wid: { user: '15550001111', server: 'c.us' }, pushname: 'Shop', platform: 'android' };
    const expected = { id: NUMBER, lid: LID, name: 'Shop', platform: 'android' };
    assert.deepEqual(accountOf(info, { number: NUMBER, lid: LID }), expected);
    assert.deepEqual(accountOf({ wid: NUMBER, pushname: '', platform: 7 }, undefined), { id: NUMBER });
  });

  it('has the LID for its id only while its number is not known', () => {
    assert.deepEqual(accountOf({ wid: LID }, undefined), { id: LID, lid: LID });
    assert.deepEqual(accountOf({ wid: LID }, { number: NUMBER, lid: LID }), { id: NUMBER, lid: LID });
  });

  it('is not known before the page has synced', () => {
    for (const info of [undefined, null, {}, { wid: '' }, { wid: null }])
      assert.equal(accountOf(info, { number: NUMBER, lid: LID }), undefined);
  });

  it('is valid whatever the page says', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), fc.anything(), (number, lid, name) => {
        const me = meSchema.parse({ number, lid });
        const account = accountOf({ wid: NUMBER, pushname: name, platform: name }, me);
        assert.equal(accountSchema.parse(account).id, NUMBER);
      }),
    );
  });

  it('is read from the page as far as the page says', async () => {
    const page = new ScriptPage();
    const read = async () => meSchema.parse(await page.evaluate(READ_ME));
    assert.deepEqual(await read(), {});
    page.modules.WAWebUserPrefsMeUser = {
      getMaybeMePnUser: () => ({ _serialized: NUMBER }),
      getMaybeMeLidUser: () => {
        throw new Error('not today');
      },
    };
    assert.deepEqual(await read(), { number: NUMBER });
    page.modules.WAWebUserPrefsMeUser = {
      getMaybeMePnUser: () => undefined,
      getMaybeMeLidUser: () => ({ toString: () => LID }),
    };
    assert.deepEqual(await read(), { lid: LID });
    page.close();
  });
});
