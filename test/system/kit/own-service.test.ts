import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createLog } from '../../../services/runtime/log.ts';
import { signalProcess } from '../../../services/runtime/process/process-table.ts';
import { freePort } from '../../support/free-port.ts';
import { GATES } from '../../support/gate/gates.ts';
import { type Kit, NO_BROWSER, startKit } from '../../support/kit/kit.ts';
import { documentedEntry, KitCopy } from '../../support/kit/kit-copy.ts';
import { sayNotTested } from '../../support/netns/say-what-lacks.ts';
import { startService } from '../../support/supervisor/start-service.ts';
import { until } from '../../support/until.ts';

const KEY = 'a-key-of-the-kit-that-is-long-enough';
/** What uses the types of the topology. */
const TYPED_BY_TOPOLOGY = [
  'config',
  'services/supervisor',
  'services/gate/contract',
  'deploy',
  'cli/generated-files.ts',
];

const entry = (name: string, port: number, more: string) => `  {
    name: '${name}',
    port: { env: '${name.toUpperCase()}_PORT', default: ${port}, doc: 'A service of our own.' },
    needs: ['gate'],
    critical: false,
    stopGraceMs: 5_000,
    kit: false,
    ${more}
  },
`;
const crasher = (port: number) =>
  entry(
    'crasher',
    port,
    "command: ['sh', '-c', 'echo out of luck >&2; exit 3'], exposure: 'routed', readyPath: '/', routes: [{ prefix: '/crasher' }],",
  );

describe('kit with a service of one’s own, added by one entry of the topology', () => {
  if (spawnSync('python3', ['--version']).status !== 0) {
    sayNotTested('a service in another language', 'python3 is missing');
    return;
  }

  const copy = new KitCopy();
  let port: number;
  before(async () => {
    port = await freePort();
    copy.declare(documentedEntry().replace('8010', String(port)), crasher(await freePort()));
  });
  after(() => copy[Symbol.dispose]());

  for (const { name: gate } of GATES)
    describe(`(${gate} gate)`, () => {
      let kit: Kit;
      const greet = (path: string) => fetch(`${kit.origin}${path}`);
      before(async () => {
        // On its default port another process listens.
        const thief = createServer().listen(port, '127.0.0.1');
        await once(thief, 'listening');
        kit = await startKit({
          args: ['start'],
          root: copy.root,
          env: {
            ...NO_BROWSER,
            GATE: gate,
            GREETER_PORT: '',
            API_KEYS: KEY,
            GATE_HOLD_MS: '60000',
            RESTART_LIMIT: '2',
            RESTART_BACKOFF_MS: '20',
          },
        });
        await kit.until('the greeter answers', async () => (await greet('/greet/hello')).status === 200);
        thief.close();
        await kit.up();
      });
      after(() => kit?.[Symbol.asyncDispose]());

      it('gives it a port, and another when that is taken', async () => {
        assert.match(kit.output, new RegExp(`GREETER_PORT ${port} is in use by pid .*greeter moves to \\d+`));
        const moved = /greeter moves to (\d+)/.exec(kit.output)?.[1];
        const line = `"name":"greeter","msg":"greeter listening on 127.0.0.1:${moved}"`;
        await kit.until('it says so', () => kit.output.includes(line));
      });

      it('leads its route to it, and nothing else', async () => {
        const answer = await greet('/greet/hello?name=Ada');
        assert.deepEqual(await answer.json(), { greeting: 'Hello, Ada', client: '127.0.0.1' });
        assert.deepEqual(
          await Promise.all(
            ['/greet/none', '/greeting', '/ready'].map(async (path) => (await greet(path)).status),
          ),
          [404, 404, 404],
        );
      });

      it('gives it no secret of the kit', () => {
        const environment = readFileSync(`/proc/${kit.pidOf('greeter')}/environ`, 'utf8').split('\0');
        assert.ok(environment.includes('HOST=127.0.0.1'));
        assert.ok(
          !environment.some((line) => line.includes(KEY) || /^(?:API_KEYS|INTERNAL_SECRET)=/.test(line)),
        );
      });

      it('gives it the umask that the kit was started with, and keeps its own files private', () => {
        const umaskOf = (service: string) =>
          /^Umask:\s+(\d+)$/m.exec(readFileSync(`/proc/${kit.pidOf(service)}/status`, 'utf8'))?.[1];
        assert.equal(Number.parseInt(umaskOf('greeter') ?? '', 8), process.umask());
        assert.deepEqual(['gate', 'api', 'bridge'].map(umaskOf), ['0077', '0077', '0077']);
      });

      it('has it in /health', async () => {
        // It answers before the supervisor has looked again.
        const state = async () => (await kit.health()).services.greeter?.state;
        await kit.until('it is ready there', async () => (await state()) === 'ready');
      });

      it('tells in the log and in /health of another one that crashes at once, and serves the rest', async () => {
        await kit.until(
          'the crash loop is seen',
          async () => (await kit.health()).services.crasher?.state === 'failed',
        );
        const { services, status } = await kit.health();
        assert.equal(status, 'degraded');
        assert.match(services.crasher?.reason ?? '', /^crash loop: it exited with code 3/);
        assert.match(kit.output, /"level":"error",[^\n]*"name":"crasher","msg":"out of luck"/);
        assert.match(kit.output, /crasher exited with code 3: starting it again in \d+ ms/);
        assert.equal((await fetch(`${kit.origin}/health`)).status, 200);
      });

      it('brings it back after kill -9, and holds its requests meanwhile', async () => {
        const old = kit.pidOf('greeter');
        signalProcess(old, 'SIGKILL');
        await kit.until('its end is seen', () => /greeter was ended by SIGKILL/.test(kit.output));
        assert.equal((await greet('/greet/hello')).status, 200);
        assert.notEqual(kit.pidOf('greeter'), old);
        assert.equal((await kit.health()).services.greeter?.restarts, 1);
      });

      it('stops it in order', async () => {
        assert.equal(await kit.stop(), 0, kit.output);
        assert.match(kit.output, /"name":"greeter","msg":"greeter stopped"/);
      });
    });

  it('shows its port among the settings, and takes it as a flag', () => {
    assert.match(copy.run('config').stdout, new RegExp(`^GREETER_PORT +${port} +default$`, 'm'));
    assert.match(copy.run('config', '--greeter-port', '9111').stdout, /^GREETER_PORT +9111 +command line$/m);
  });

  it('passes the type check', () => {
    assert.equal(copy.checkTypes(...TYPED_BY_TOPOLOGY), '');
  });
});

describe('kit with services of one’s own that are declared or written badly', () => {
  const copy = new KitCopy();
  after(() => copy[Symbol.dispose]());

  it('refuses wrong entries with 78 and every problem, and starts nothing', async () => {
    copy.declare(
      entry(
        'one',
        9101,
        "command: ['no-such-program'], exposure: 'routed', readyPath: '/', routes: [{ prefix: '/api' }, { prefix: '/internal/one' }], ",
      ).replace('ONE_PORT', 'API_PORT'),
      entry('two', 9102, "exposure: 'routed', readyPath: '/', routes: [{ prefix: '/two' }], ").replace(
        "'gate'",
        "'gat'",
      ),
    );
    await using kit = await startKit({ root: copy.root, env: { API_PORT: '' } });
    assert.equal(await kit.exit, 78, kit.output);
    for (const problem of [
      /^config\/topology\.ts: api and one have the variable API_PORT: give each/m,
      /^config\/topology\.ts: api and one have the route \/api: /m,
      /^config\/topology\.ts: one has the route \/internal\/one, and the gate refuses all below \/internal: /m,
      /^config\/topology\.ts: one runs "no-such-program", which is not on the PATH: /m,
      /^config\/topology\.ts: two has neither entry nor command: /m,
      /^config\/topology\.ts: two needs "gat", which is no service: /m,
      /^6 problems in the configuration; nothing was started\.$/m,
    ])
      assert.match(kit.output, problem);
    assert.deepEqual(readdirSync(kit.dataDir), []);
  });

  it('tells in the log of one that ignores PORT, and kills it', async () => {
    const lines: string[] = [];
    const { service, failed } = await startService(
      'setInterval(() => undefined, 1_000)',
      { readyTimeoutMs: 50, limit: 1 },
      { log: createLog('supervisor', 'info', { write: (line) => lines.push(line) }) },
    );
    await until('it is given up', () => failed.length === 1);
    assert.match(
      lines.join(''),
      new RegExp(
        `shop was not ready within 50 ms: GET / at 127\\.0\\.0\\.1:${service.plan.origin.port} was not answered: killed; see that it listens there`,
      ),
    );
    await service.stop(1_000);
  });
});
