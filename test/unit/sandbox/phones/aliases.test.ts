import assert from 'node:assert/strict';
import { answerUsync } from '../../../../services/sandbox/phone/usync.ts';
import { lidOf } from '../../../../services/sandbox/web/people/directory.ts';
import { A, PhonesWorld, type Tab } from '../../../support/sandbox/phones-world.ts';
import { recordOf } from '../../../support/sandbox/sandbox-folder.ts';

const GROUP = '120363000000000001@g.us';
/** By number as people write it, and as the account is registered. */
const FORMS = [
  ['Brazil, with the ninth digit', '+55 11 8765-4321', '5511987654321'],
  ['Brazil, without the ninth digit', '+55 41 98765-4321', '554187654321'],
  ['Mexico, with the 1', '+52 55 1234 5678', '5215512345678'],
  ['Mexico, without the 1', '+52 1 55 1234 5679', '525512345679'],
  ['Argentina', '+54 11 1234-5678', '5491112345678'],
] as const;

describe('sandbox, people whose number is written in another form', () => {
  let world: PhonesWorld;
  let tab: Tab;

  beforeEach(async () => {
    world = await PhonesWorld.open();
    tab = await world.link(A);
  });
  afterEach(() => world[Symbol.asyncDispose]());

  const lastTold = (cmd: string) => tab.told.filter((command) => command.cmd === cmd).at(-1);

  for (const [what, typed, number] of FORMS) {
    const id = `${number}@c.us`;

    it(`are one person in every request: ${what}`, async () => {
      for (const form of [typed, number, `${lidOf(number)}@lid`]) {
        const heard = await world.control('incoming', { from: form, body: form });
        assert.equal(heard.chat_id, id);
        assert.equal((await world.rows(`chats/${encodeURIComponent(form)}`)).at(-1)?.body, form);
        await world.control('misbehave', { kind: 'readElsewhere', chat_id: form });
        assert.equal(lastTold('read')?.chat_id, id);
        await world.control('misbehave', { kind: 'call', from: form });
        assert.equal(lastTold('call')?.from, id);
        await world.control('misbehave', { kind: 'reaction', id: heard.id, text: '👍', from: form });
        assert.equal(lastTold('reaction')?.from, id);
        const written = await world.control('misbehave', { kind: 'fromPhone', to: form, body: 'x' });
        assert.match(String(written.id), new RegExp(`^true_${number}@c\\.us_`));
        const inGroup = await world.control('incoming', {
          from: GROUP,
          author: form,
          body: 'x',
          key: '3EB0G',
        });
        assert.equal(inGroup.id, `false_${GROUP}_3EB0G_${id}`);
      }
      assert.equal((await world.rows('chats')).length, 2);
    });

    it(`are looked up, hidden and taken off WhatsApp in any form: ${what}`, async () => {
      const { phone } = world;
      const digits = typed.replace(/\D/g, '');
      const account = (by: string, of = digits) =>
        recordOf(answerUsync(phone, { id: `${of}@c.us`, by })).account;
      const lid = `${lidOf(number)}@lid`;
      assert.deepEqual(account('c.us'), { pn: id, lid });
      await world.control('misbehave', { kind: 'policy', hiddenNumbers: [typed] });
      assert.deepEqual(account('lid', number), { pn: null, lid });
      assert.deepEqual(account('c.us'), { pn: id, lid });
      for (const form of [typed, number, lid]) {
        await world.control('misbehave', { kind: 'setUnregistered', numbers: [form] });
        assert.deepEqual([account('c.us'), account('c.us', number)], [null, null]);
      }
    });

    it(`scan as the phone that is registered: ${what}`, async () => {
      assert.equal((await world.link(typed)).page.number, number);
      assert.equal((await world.link(number)).page.number, number);
      assert.equal(world.phone.accounts.all.length, 2);
    });
  }
});
