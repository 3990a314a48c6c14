import assert from 'node:assert/strict';
import { signalProcess } from '../../../services/runtime/process/process-table.ts';
import { isBrowser } from '../../support/kit/browsers.ts';
import { type Kit, startKit } from '../../support/kit/kit.ts';

/** The bridge last: the browser of a killed bridge ends with it, and the next one takes longest. */
const SERVICES = ['gate', 'api', 'sandbox', 'bridge'];

// One kit: each test goes on with what the one before has left.
describe('kit, whose processes are killed', () => {
  let kit: Kit;
  before(async () => {
    // A run of half a second is no crash loop.
    kit = await (await startKit({ env: { RESTART_STABLE_MS: '500' } })).ready();
  });
  after(() => kit?.[Symbol.asyncDispose]());

  const sendWorks = async () =>
    (await kit.post('/api/whatsapp/send', { chat_id: '15551234567', message: 'still here' })).status === 200;
  const pids = () => SERVICES.map((service) => kit.pidOf(service));
  const arrivals = async (message: string) =>
    (await kit.received()).filter(({ body }) => body === message).length;
  const countCodes = () => kit.output.split('"state":"qr"').length;

  for (const [index, service] of SERVICES.entries())
    it(`has the ${service} back by itself after kill -9, restarts no other, and loses and doubles no message`, async () => {
      const [before, codes, message] = [pids(), countCodes(), `just before the ${service} died`];
      const { services } = await kit.health();
      const accepted = await kit.post(
        '/api/whatsapp/send',
        { chat_id: '15551234567', message },
        { prefer: 'respond-async' },
      );
      assert.equal(accepted.status, 202);
      signalProcess(before[index] ?? 0, 'SIGKILL');
      await kit.until(`the ${service} runs as another process`, () => pids()[index] !== before[index]);
      await kit.until('a message goes through', sendWorks);
      await kit.until('the message is at the phone', () => arrivals(message));
      assert.equal(await arrivals(message), 1);

      assert.deepEqual(pids().toSpliced(index, 1), before.toSpliced(index, 1));
      const later = await kit.health();
      for (const [name, { restarts }] of Object.entries(services))
        assert.equal(later.services[name]?.restarts, restarts + (name === service ? 1 : 0), name);
      assert.equal(later.services[service]?.state, 'ready');
      assert.equal(countCodes(), codes, 'a new scan was needed');
    });

  it('has every service back by itself after kill -9 of all at once, and sends again', async () => {
    const before = pids();
    const { services } = await kit.health();
    for (const pid of before) signalProcess(pid, 'SIGKILL');
    for (const [index, service] of SERVICES.entries())
      await kit.until(`${service} runs as another process`, () => pids()[index] !== before[index]);
    await kit.until('a message goes through', sendWorks);
    const later = await kit.health();
    for (const service of SERVICES) {
      assert.equal(later.services[service]?.state, 'ready');
      assert.ok((later.services[service]?.restarts ?? 0) > (services[service]?.restarts ?? 0));
    }
  });

  it('has the browser back by itself after kill -9, without a new scan', async () => {
    const browser = kit.processes.find(isBrowser);
    assert.ok(browser);
    const codes = countCodes();
    signalProcess(browser, 'SIGKILL');
    await kit.until('another browser runs', () =>
      kit.processes.some((pid) => isBrowser(pid) && pid !== browser),
    );
    await kit.until('a message goes through', sendWorks);
    assert.equal(countCodes(), codes);
  });

  it('has one browser, whatever was killed', async () => {
    assert.equal(kit.processes.filter(isBrowser).length, 1);
  });

  it('stops in order, and starts again, a service that alone is asked to stop', async () => {
    const pid = kit.pidOf('api');
    signalProcess(pid, 'SIGTERM');
    await kit.until('it runs as another process', () => kit.pidOf('api') !== pid);
    await kit.until('a message goes through', sendWorks);
    assert.match(kit.output, /api was asked by a signal to stop: it is stopped in order and started again/);
  });
});
