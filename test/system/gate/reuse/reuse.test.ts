import assert from 'node:assert/strict';
import { countRefusals } from '../../../support/gate/count-refusals.ts';
import { describeAllGates, type GateUnderTest } from '../../../support/gate/describe-gates.ts';
import { echoMessages, startSocketUpstream } from '../../../support/gate/endurance/socket-upstream.ts';
import {
  ATTACKER,
  attackText,
  exchange,
  FRAMINGS,
  greet,
  METHODS,
} from '../../../support/gate/reuse/attack.ts';
import { type Recorder, startRecorder } from '../../../support/gate/reuse/recorder.ts';
import {
  hasPython,
  startDeafService,
  startPythonExample,
  startReadingService,
} from '../../../support/gate/reuse/services.ts';
import { startTcpService, type TcpService } from '../../../support/gate/reuse/tcp-service.ts';
import { RawClient, route, type TestGate } from '../../../support/gate/test-gate.ts';
import { sayNotTested } from '../../../support/netns/say-what-lacks.ts';

const SERVICES = [
  { what: 'reads no bodies', start: () => startDeafService() },
  { what: 'reads bodies', start: startReadingService },
  ...(hasPython ? [{ what: 'is the Python example', start: startPythonExample }] : []),
] as const;

/** How many innocent clients ask while attackers attack. */
const INNOCENTS = 3;
const ATTACKERS = 2;
const REQUESTS_PER_INNOCENT = 60;

for (const { what, start } of SERVICES) {
  describeAllGates(`gate, before a service of one’s own that ${what}`, (gateUnderTest) => {
    let service: TcpService;
    let recorder: Recorder;
    let gate: TestGate;
    before(async () => {
      service = await start();
      recorder = await startRecorder(service);
      gate = await startOwn(gateUnderTest, recorder);
    });
    after(async () => {
      await gate[Symbol.asyncDispose]();
      await recorder[Symbol.asyncDispose]();
      await service[Symbol.asyncDispose]();
    });

    beforeEach(() => recorder.forget());

    for (const framing of FRAMINGS) {
      it(`sends no request on a connection after one with a body (${framing})`, async () => {
        for (const method of METHODS) {
          // So that there is an idle connection that the attack may use.
          await greet(gate.port, 'before');
          const { head, body } = attackText(method, framing, 'late');
          await exchange(gate.port, head + body);
          assert.match(await greet(gate.port, 'innocent'), /innocent/, `after ${method}`);
        }
        assertAttacksAreLast(recorder, METHODS.length);
      });
    }

    it('counts an empty chunked body as a body', async () => {
      const { head } = attackText('POST', 'chunked', 'none');
      await exchange(gate.port, `${head}0\r\n\r\n`);
      assert.match(await greet(gate.port, 'innocent'), /innocent/);
      assertAttacksAreLast(recorder, 1);
    });

    it('answers each innocent client with its own answer while others attack', async () => {
      let isOver = false;
      const attack = async () => {
        for (let turn = 0; !isOver; turn++) {
          const method = METHODS[turn % METHODS.length] ?? 'GET';
          const { head, body } = attackText(
            method,
            FRAMINGS[turn % FRAMINGS.length] ?? 'chunked',
            'attacker',
          );
          await exchange(gate.port, head + body);
        }
      };
      const ask = async (client: number) => {
        for (let turn = 0; turn < REQUESTS_PER_INNOCENT; turn++) {
          const name = `innocent-${client}-${turn}`;
          assert.match(await greet(gate.port, name), new RegExp(`${name}\\b`));
        }
      };
      const attackers = Array.from({ length: ATTACKERS }, attack);
      try {
        await Promise.all(Array.from({ length: INNOCENTS }, (_, client) => ask(client)));
      } finally {
        isOver = true;
        await Promise.all(attackers);
      }
      assertAttacksAreLast(recorder, ATTACKERS);
    });
  });
}

if (!hasPython)
  describe('gate, before the Python example', () =>
    sayNotTested('the example service', 'python3 is missing'));

describeAllGates('gate, and connections to a service of one’s own', (gateUnderTest) => {
  it('reuses one after requests without a body', async () => {
    await using service = await startReadingService();
    await using recorder = await startRecorder(service);
    await using gate = await startOwn(gateUnderTest, recorder);
    for (const text of [
      'GET /greet HTTP/1.1\r\nHost: h\r\n\r\n',
      'POST /greet HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n',
      'DELETE /greet HTTP/1.1\r\nHost: h\r\n\r\n',
      'GET /greet HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n',
    ])
      await exchange(gate.port, text);
    assert.deepEqual(
      recorder.connections.map((requests) => requests.length),
      [4],
    );
  });

  it('gives the next client its own answer after a WebSocket that the service has refused', async () => {
    await using service = await startReadingService();
    await using gate = await startOwn(gateUnderTest, service);
    const refused = await exchange(gate.port, upgradeText('/greet/hello?name=socket'));
    assert.equal(refused.status, 200);
    assert.match(await greet(gate.port, 'innocent'), /innocent/);
  });

  it('opens a WebSocket', async () => {
    await using service = await startSocketUpstream(echoMessages);
    await using gate = await startOwn(gateUnderTest, service);
    using client = new RawClient(gate.port);
    await client.send(upgradeText('/greet/socket')).until(/^HTTP\/1\.1 101 /);
  });

  it('sends the target as it came, with a body and without', async () => {
    await using service = await startReadingService();
    await using gate = await startOwn(gateUnderTest, service);
    const target = '/greet/a%20b/%C3%A9?x=%2F&y=a+b';
    for (const request of [
      `GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`,
      `POST http://h${target} HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody`,
    ])
      assert.equal((await exchange(gate.port, request)).body, target);
  });

  it('says Connection: close with a body, and only then', async () => {
    await using service = await startReadingService();
    await using recorder = await startRecorder(service);
    await using gate = await startOwn(gateUnderTest, recorder);
    const { head, body } = attackText('POST', 'Content-Length', 'smuggled');
    await exchange(gate.port, head + body);
    await greet(gate.port, 'innocent');
    const [attack, innocent] = recorder.connections.flat();
    assert.match(attack?.head ?? '', /^connection: close\r$/im);
    assert.doesNotMatch(innocent?.head ?? '', /^connection: close\r$/im);
  });

  it('uses none again after a HEAD, which some services answer with a body', async () => {
    await using service = await startTalkativeService();
    await using gate = await startOwn(gateUnderTest, service);
    await exchange(gate.port, 'HEAD /greet/none HTTP/1.1\r\nHost: h\r\n\r\n');
    assert.match(await greet(gate.port, 'innocent'), /innocent/);
  });

  it('uses none again whose answer came before the body', async () => {
    await using service = await startDeafService();
    await using recorder = await startRecorder(service);
    await using gate = await startOwn(gateUnderTest, recorder);
    for (const expectation of ['', 'Expect: 100-continue\r\n']) {
      const { head, body } = attackText('POST', 'Content-Length', 'late');
      using attacker = new RawClient(gate.port);
      attacker.send(head.replace(/\r\n$/, `${expectation}\r\n`) + body.slice(0, 1));
      // nginx asks the service once it has the whole body.
      if (gateUnderTest.differs('buffered', { node: true, nginx: false }))
        await attacker.until(/HTTP\/1\.1 200 /);
      attacker.send(body.slice(1));
      await attacker.until(/HTTP\/1\.1 200 /);
      assert.match(await greet(gate.port, 'innocent'), /innocent/);
    }
    assertAttacksAreLast(recorder, 2);
  });

  it('uses none again when the request with a body has waited for the service to start', async () => {
    await using service = await startDeafService();
    const { port } = await withoutListener(service);
    await using gate = await startOwn(gateUnderTest, { host: '127.0.0.1', port });
    const { head, body } = attackText('PUT', 'Content-Length', 'late');
    using refusals = countRefusals(port);
    const attack = exchange(gate.port, head + body);
    await refusals.until(2);
    await using recorder = await startRecorder(service, port);
    assert.equal((await attack).status, 200);
    assert.match(await greet(gate.port, 'innocent'), /innocent/);
    assertAttacksAreLast(recorder, 1);
  });
});

/** A service that sends the body of its answer to HEAD late: when the next request comes on that connection. */
function startTalkativeService(): Promise<TcpService> {
  const answer = (body: string) =>
    `HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: ${body.length}\r\n\r\n`;
  return startTcpService((socket) => {
    let late = '';
    socket.on('data', (bytes) => {
      const [method, target = ''] = bytes.toString('latin1').split(' ');
      socket.write(`${late}${answer(target)}${method === 'HEAD' ? '' : target}`);
      late = method === 'HEAD' ? `${answer('attacker')}attacker` : '';
    });
  });
}

function startOwn(gate: GateUnderTest, upstream: { host: string; port: number }): Promise<TestGate> {
  return gate.startTestGate(upstream, {
    routes: [route(upstream, { service: 'greeter', prefix: '/greet', kit: false, upgrade: true })],
    limits: { holdMs: 60_000 },
  });
}

function upgradeText(target: string): string {
  return `GET ${target} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
}

/** The port of a relay that has ended. */
async function withoutListener(service: TcpService): Promise<{ port: number }> {
  await using ended = await startRecorder(service);
  return { port: ended.port };
}

function assertAttacksAreLast(recorder: Recorder, atLeast: number): void {
  const isAttack = ({ target }: { target: string }) => target === ATTACKER;
  const { connections } = recorder;
  const attacks = connections.flat().filter(isAttack);
  assert.ok(attacks.length >= atLeast, `${attacks.length} attacks reached the service`);
  for (const requests of connections) {
    const after = requests.slice(0, -1).findIndex(isAttack) + 1;
    assert.equal(
      after,
      0,
      `a request followed one with a body: ${JSON.stringify(requests.slice(after - 1))}`,
    );
  }
}
