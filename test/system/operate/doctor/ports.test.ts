import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bridgeReached, judgeBridge } from '../../../../operate/doctor/checks/bridge.ts';
import { judgeKit, kitRuns } from '../../../../operate/doctor/checks/kit.ts';
import {
  judgePorts,
  judgePublicPort,
  type PublicPortFacts,
  portsFree,
  publicPort,
} from '../../../../operate/doctor/checks/ports.ts';
import type { KitProcesses } from '../../../../operate/doctor/kit-processes.ts';
import { findHolders, programOf } from '../../../../operate/doctor/port-holders.ts';
import { listeningSockets } from '../../../../services/runtime/process/port-owner.ts';
import { RUN_VARIABLE } from '../../../../services/runtime/process/run-marks.ts';
import { freePorts } from '../../../support/kit/kit.ts';
import { look, serve, serveSilence, textOf } from '../../../support/operate/doctor/look.ts';
import { until } from '../../../support/until.ts';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

/** A service by itself, as somebody runs it who does without the supervisor. */
class Alone implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly port: number;

  constructor(service: string, port: number, variables: Readonly<Record<string, string>>) {
    this.port = port;
    this.child = spawn(process.execPath, [join(ROOT, `services/${service}/main.ts`)], {
      cwd: tmpdir(),
      env: {
        PATH: process.env.PATH,
        INTERNAL_SECRET: 's9f86d081884c7d659a2feaa0c55ad01',
        LOG_LEVEL: 'silent',
        ...variables,
      },
      stdio: 'ignore',
    });
  }

  async listening(): Promise<this> {
    await until('it listens', () => listeningSockets().some(({ port }) => port === this.port));
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
  }
}

describe('doctor, where api and bridge run by themselves', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-doctor-test-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 }));

  it('finds that the api calls another port than the bridge listens on, and that the bridge has gone', async () => {
    const { WHATSAPP_BRIDGE_PORT: called, SANDBOX_PORT: bound, API_PORT, PORT } = await freePorts();
    const shared = { DATA_DIR: dataDir, API_PORT: String(API_PORT), PORT: String(PORT) };
    await using api = new Alone('api', API_PORT, { ...shared, WHATSAPP_BRIDGE_PORT: String(called) });
    const bridge = new Alone('bridge', bound, {
      ...shared,
      BRIDGE_PORT: String(bound),
      PUPPETEER_EXECUTABLE_PATH: '/nowhere',
    });
    const env = { DATA_DIR: dataDir };
    try {
      await Promise.all([api.listening(), bridge.listening()]);
      const mismatch = await look(bridgeReached, { env });
      assert.equal(mismatch.severity, 'error');
      assert.match(
        textOf(mismatch),
        new RegExp(`the api would call ${called}, but the running bridge listens on ${bound}`),
      );
      assert.match(textOf(mismatch), new RegExp(`pid ${bridge.child.pid}`));
    } finally {
      await bridge[Symbol.asyncDispose]();
    }
    const gone = await look(bridgeReached, { env });
    assert.match(
      textOf(gone),
      new RegExp(`WHATSAPP_BRIDGE_PORT ${called}: ECONNREFUSED\nno bridge runs here`),
    );
    assert.match(textOf(await look(kitRuns, { env })), /no supervisor has the lock|api is pid/);
  });

  it('finds a gate that is bound on loopback in a container, and one that ignores PORT', async () => {
    const { PORT, API_PORT } = await freePorts();
    const env = {
      DATA_DIR: dataDir,
      GATEHOUSE_PROFILE: 'docker',
      GATE_HOST: '127.0.0.1',
      API_KEYS: 'k9f86d081884c7d659a2feaa',
      PORT: String(PORT),
    };
    await using gate = new Alone('gate', PORT, env);
    await gate.listening();
    const loopback = await look(publicPort, { env });
    assert.equal(loopback.severity, 'error');
    assert.match(
      textOf(loopback),
      /is bound on 127\.0\.0\.1\nbound on loopback.*container.*\nset GATE_HOST=0\.0\.0\.0/,
    );
    const ignored = await look(publicPort, { env: { ...env, PORT: String(API_PORT) } });
    assert.equal(ignored.severity, 'error');
    assert.match(textOf(ignored), new RegExp(`nobody listens on ${API_PORT}\nthe gate listens on ${PORT}`));
  });

  it('tells a bridge that starts, one that hangs, and somebody else on its port', () => {
    const facts = { apiPid: 1, wanted: 8002, probed: 'open', isBridge: false };
    const bridge = { pid: 2, listensOn: [8002], settledOn: 8002 };
    assert.match(judgeBridge({ ...facts, bridges: [bridge] })[0]?.cause ?? '', /hangs, or is stopped/);
    assert.match(
      judgeBridge({ ...facts, bridges: [{ ...bridge, listensOn: [] }] })[0]?.cause ?? '',
      /no bridge/,
    );
    const starting = judgeBridge({
      ...facts,
      probed: 'ECONNREFUSED',
      bridges: [{ ...bridge, listensOn: [] }],
    });
    assert.equal(starting[0]?.severity, 'warning');
  });
});

describe('doctor, looking at ports', () => {
  it('names who holds PORT while the kit does not run, without its arguments', async () => {
    await using other = await serveSilence();
    const row = await look(portsFree, { env: { PORT: String(other.port), DATA_DIR: '/nowhere' } });
    assert.equal(row.severity, 'error');
    assert.match(textOf(row), new RegExp(`PORT ${other.port} is held by pid ${process.pid} \\(`));
    assert.match(textOf(row), /exit code 69/);
  });

  it('knows a process of the kit by its parent, where it shows no mark itself, as nginx does', async () => {
    const listener =
      'const s=require("node:net").createServer().listen(0,"127.0.0.1",()=>console.log(s.address().port))';
    const parent = spawn(
      process.execPath,
      [
        '-e',
        `require("node:child_process").spawn(process.execPath,["-e",${JSON.stringify(listener)}],{env:{},stdio:["ignore","inherit","inherit"]});setInterval(()=>{},1000)`,
      ],
      { env: { [RUN_VARIABLE]: 'of-this-test' }, stdio: ['ignore', 'pipe', 'inherit'], detached: true },
    );
    try {
      const [said] = await once(parent.stdout, 'data');
      const [holder] = findHolders(new Set([Number(String(said))])).get(Number(String(said))) ?? [];
      assert.equal(holder?.run, 'of-this-test');
      assert.notEqual(holder?.pid, parent.pid);
    } finally {
      if (parent.pid !== undefined) process.kill(-parent.pid, 'SIGKILL');
    }
  });

  it('takes a port that was set for an error, and only notes one from which the kit moves away', async () => {
    await using other = await serve((_request, response) => response.end());
    const set = await look(portsFree, { env: { DATA_DIR: '/nowhere', API_PORT: String(other.port) } });
    assert.equal(set.severity, 'error');
    const facts = {
      variable: 'API_PORT',
      port: other.port,
      isHeld: true,
      holders: findHolders(new Set([other.port])).get(other.port) ?? [],
    };
    const [moves] = judgePorts([{ ...facts, mayMove: true }], () => false);
    assert.equal(moves?.severity, 'note');
    const [own] = judgePorts([{ ...facts, mayMove: false }], () => true);
    assert.equal(own?.severity, 'good');
    const [unseen] = judgePorts([{ ...facts, holders: [], mayMove: false }], () => true);
    assert.match(unseen?.evidence.join() ?? '', /a process of another user or container/);
  });

  it('shows of a command its program and its script, and nothing else', () => {
    assert.equal(
      programOf(['/usr/bin/node', '--max-old-space-size=1', '/srv/app/server.js', '--key', 'x']),
      'node server.js',
    );
    assert.equal(programOf(['mysql', '-psecret', 'password']), 'mysql');
    assert.equal(programOf(['psql', 'postgres://user:password@host/db']), 'psql');
    assert.equal(programOf([]), 'a process');
  });

  const facts: PublicPortFacts = {
    port: 8080,
    intendedPort: undefined,
    addresses: ['0.0.0.0'],
    gateListensOn: [8080],
    holders: [{ pid: 1, program: 'node', run: 'a' }],
    isDeployed: true,
    platform: 'Railway',
  };
  const judge = (over: Partial<PublicPortFacts>) => judgePublicPort({ ...facts, ...over })[0];

  it('finds PORT ignored, bound on loopback only, and read by two', () => {
    assert.equal(judge({})?.severity, 'good');
    assert.match(judge({ intendedPort: 5000 })?.evidence.join() ?? '', /PORT is 5000 here/);
    assert.match(
      judge({ addresses: [], gateListensOn: [8001] })?.evidence.join() ?? '',
      /the gate listens on 8001/,
    );
    assert.match(judge({ addresses: ['127.0.0.1'] })?.remedy ?? '', /GATE_HOST=0\.0\.0\.0/);
    assert.equal(judge({ addresses: ['127.0.0.1'], isDeployed: false })?.severity, 'good');
    assert.equal(judge({ addresses: ['::'] })?.severity, 'good');
    const two = [...facts.holders, { pid: 2, program: 'node', run: 'b' }];
    assert.match(judge({ holders: two })?.cause ?? '', /two kits listen on one PORT/);
  });

  it('reads addresses as the kernel writes them', async () => {
    await using four = await serve((_request, response) => response.end());
    assert.ok(listeningSockets().some(({ address, port }) => port === four.port && address === '127.0.0.1'));
  });
});

describe('doctor, looking for the kit', () => {
  it('tells no kit, one whose supervisor was killed, one of another user, and two on one folder', () => {
    const supervisor = { pid: 5, run: 'a', isAlive: true };
    const service = { pid: 6, service: 'api', run: 'a', listening: [] };
    const cause = (kit: Omit<KitProcesses, 'canSee' | 'elsewhere'>) =>
      judgeKit({ canSee: true, elsewhere: [], ...kit }, ['api', 'gate'], true)[0]?.cause;
    assert.match(cause({ services: [] }) ?? '', /not started here/);
    assert.match(cause({ services: [], supervisor: { ...supervisor, isAlive: false } }) ?? '', /was killed/);
    assert.match(cause({ services: [], supervisor }) ?? '', /another user/);
    assert.match(cause({ services: [service], supervisor }) ?? '', /gate does not run/);
    assert.match(
      cause({ services: [service, { ...service, pid: 7, run: 'b' }], supervisor }) ?? '',
      /takes over/,
    );
    assert.equal(cause({ services: [service, { ...service, service: 'gate' }], supervisor }), undefined);
  });
});
