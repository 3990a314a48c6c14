import assert from 'node:assert/strict';
import { GATES } from '../../support/gate/gates.ts';
import { type Kit, NO_BROWSER, startKit } from '../../support/kit/kit.ts';
import { sayNotTested } from '../../support/netns/say-what-lacks.ts';
import { lacksForTwoHosts, TwoHosts } from '../../support/netns/two-hosts.ts';

/** The browser opens ports too. One gate is enough to see them. */
const WITH_WHATSAPP = {
  command: 'demo',
  env: { SANDBOX_ALLOWED: 'true' },
  isReady: /"whatsapp_ready":true/,
  session: /"state":"ready"/,
};
/** Its session tries again and again to start the browser that it lacks. */
const WITHOUT_WHATSAPP = {
  command: 'start',
  env: NO_BROWSER,
  isReady: /"bridge":\{"state":"ready"/,
  session: /"state":"(starting|disconnected)"/,
};
const API_KEY = 'a-key-of-the-tests-that-is-long-enough';

describe('kit in a container, scanned from another host', () => {
  const lack = lacksForTwoHosts();
  if (lack !== undefined) {
    sayNotTested('that only PORT can be reached from elsewhere', lack);
    return;
  }

  for (const { name } of GATES) {
    const { command, env, isReady, session } = name === 'node' ? WITH_WHATSAPP : WITHOUT_WHATSAPP;
    describe(`(${name} gate)`, () => {
      let hosts: TwoHosts;
      let kit: Kit;
      before(async () => {
        hosts = new TwoHosts();
        kit = await startKit({
          within: hosts.here,
          args: [command],
          env: { ...env, GATE: name, GATEHOUSE_PROFILE: 'docker', API_KEYS: API_KEY },
        });
        await kit.until(
          `${name} gate, kit and all that it starts are ready`,
          () => isReady.test(ask(`http://127.0.0.1:${kit.ports.PORT}/health`)),
          180_000,
        );
      });
      after(async () => {
        await kit?.[Symbol.asyncDispose]();
        hosts?.[Symbol.dispose]();
      });

      /** The body of an answer to someone with a key, on the kit's own host or on the other. */
      function ask(url: string, run: 'runHere' | 'runElsewhere' = 'runHere'): string {
        const script = `fetch('${url}', { headers: { authorization: 'Bearer ${API_KEY}' } }).then((r) => r.text()).then(console.log)`;
        return hosts[run](process.execPath, '-e', script);
      }

      it('has one open TCP port, which is PORT', () => {
        assert.deepEqual(hosts.scan(hosts.address4), [kit.ports.PORT]);
      });

      it('answers the other host there', () => {
        const answer = ask(`http://${hosts.address4}:${kit.ports.PORT}/api/whatsapp/status`, 'runElsewhere');
        assert.match(answer, session);
      });

      it('has no open port on IPv6, as it is bound to 0.0.0.0', () => {
        assert.deepEqual(hosts.scan(hosts.address6), []);
      });

      it('takes no datagram from elsewhere, browser included', () => {
        const tables = hosts.runHere('cat', '/proc/net/udp', '/proc/net/udp6');
        const open = tables.split('\n').flatMap((line) => {
          const [, local = '', , state] = line.trim().split(/\s+/);
          return state === UNCONNECTED && !LOOPBACK.test(local) ? [local] : [];
        });
        assert.deepEqual(open, []);
      });
    });
  }
});

/** TCP_CLOSE, which is how the kernel calls a datagram socket that takes from anybody. Source: proc(5), `/proc/net/udp`. */
const UNCONNECTED = '07';
const LOOPBACK = /^(0100007F|00000000000000000000000001000000):/;
