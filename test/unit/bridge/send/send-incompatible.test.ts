import assert from 'node:assert/strict';
import pino from 'pino';
import { SendEndedError } from '../../../../services/bridge/page/errors.ts';
import { Sender } from '../../../../services/bridge/send/sender.ts';
import type { BridgeContent } from '../../../../services/contract/content.ts';
import { KitError } from '../../../../services/contract/errors.ts';
import { FakeBrowser, madeOf, pageWith } from '../../../support/bridge/fake-page.ts';

const ANN = '15550000001@c.us';
const ID = '3EB0AAAAAAAAAAAAAAAAAA';

describe('bridge, a send that the page cannot do', () => {
  let sends: string[];
  let broken: BridgeContent['kind'] | undefined;
  let failure: Error | undefined;
  let doubts: number;
  const found = new Map<string, ReturnType<typeof madeOf>>();
  const newSender = () => {
    sends = [];
    broken = undefined;
    failure = undefined;
    doubts = 0;
    found.clear();
    const page = pageWith({
      find: async (id) => {
        const message = found.get(id);
        const fine = {
          mayEdit: true,
          mayRevoke: true,
          isFailed: false,
          isRefused: false,
          isEditFailed: false,
        };
        return message && { ...message, ...fine };
      },
      send: async (address, content, { stanzaId }) => {
        if (failure !== undefined) throw failure;
        sends.push(content.kind);
        return madeOf(address, content, stanzaId);
      },
      react: async () => void sends.push('reaction'),
    });
    const browser = new FakeBrowser(page, {});
    const demand = ({ kind }: BridgeContent) => {
      if (kind === broken) throw new KitError('page_incompatible', `nothing was sent: ${kind}`);
    };
    const doubt = () => {
      doubts += 1;
    };
    return new Sender(() => browser, browser.limits, pino({ level: 'silent' }), demand, doubt);
  };
  const refused = (sending: Promise<unknown>, code: string) =>
    assert.rejects(sending, (error) => error instanceof KitError && error.code === code);

  it('is refused, and other kinds go out', async () => {
    const sender = newSender();
    broken = 'text';
    await refused(sender.send({ chatId: ANN, message: 'a' }), 'page_incompatible');
    await sender.send({ chatId: ANN, content: { kind: 'location', latitude: 1, longitude: 2 } });
    assert.deepEqual(sends, ['location']);
  });

  it('is answered as before when the message was sent before', async () => {
    const sender = newSender();
    const first = await sender.send({ chatId: ANN, message: 'a', stanza_id: ID });
    broken = 'text';
    assert.deepEqual(await sender.send({ chatId: ANN, message: 'a', stanza_id: ID }), first);
    assert.deepEqual(sends, ['text']);
  });

  it('is looked for when it may have been sent, and refused only where it is not there', async () => {
    const sender = newSender();
    broken = 'text';
    const body = { chatId: ANN, message: 'a', stanza_id: ID, retry: { since: 1, known: [] } };
    await refused(sender.send(body), 'page_incompatible');
    await refused(sender.send({ ...body, retry: { ...body.retry, only_look: true } }), 'not_found');
    found.set(ID, madeOf(ANN, { kind: 'text', text: 'a' }, ID));
    assert.equal((await sender.send(body)).ack, 1);
    assert.deepEqual(sends, []);
  });

  it('is refused for a reaction, before its target is looked for', async () => {
    const sender = newSender();
    broken = 'reaction';
    const content = { kind: 'reaction', target: ID, emoji: '+' } as const;
    await refused(sender.send({ chatId: ANN, content }), 'page_incompatible');
    assert.deepEqual(sends, []);
  });

  it('casts doubt on a page whose code fails, and on none whose server or browser does', async () => {
    const failWith = async (error: Error) => {
      const sender = newSender();
      failure = error;
      await assert.rejects(sender.send({ chatId: ANN, message: 'a' }));
      return doubts;
    };
    assert.equal(await failWith(new SendEndedError({ result: 'ERROR_NETWORK' })), 0);
    assert.equal(await failWith(new Error('Protocol error: Target closed')), 0);
    assert.equal(await failWith(new TypeError('window.require(...).newId is not a function')), 1);
  });
});
