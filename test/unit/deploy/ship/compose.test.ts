import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deployment, loadConfig } from '#config';
import { readState } from '../../../../deploy/compose/state.ts';
import { restart, switchTo } from '../../../../deploy/compose/take-over.ts';
import { ShipError, type Step } from '../../../../deploy/shipping/target.ts';
import { createScene, KEY } from '../../../support/deploy/ship/scene.ts';

const PROGRAMS = { target: 'compose', programs: ['docker'] } as const;
const compose = (words: string) => `docker compose --project-name gatehouse --profile green ${words}`;
const PS = compose('ps --all --format json');
const up = (service: string, flags = '') => compose(`up --detach --no-deps --no-build ${flags}${service}`);
const container = (Service: string, State: string, release: string, published?: number) => ({
  Service,
  State,
  Labels: `com.docker.compose.service=${Service},gatehouse.release=${release},x=y`,
  Publishers: published === undefined ? [] : [{ PublishedPort: published, URL: '0.0.0.0' }],
});
const port = container('port', 'running', '', 8080);
const lines = (...rows: object[]) => rows.map((row) => JSON.stringify(row)).join('\n');
const RUNS_OLD = {
  when: '*compose* ps *',
  says: lines(port, container('blue', 'running', 'old'), container('green', 'exited', 'older')),
};

describe('make deploy TARGET=compose', () => {
  it('builds, rehearses and starts blue at first, with the secrets in a file of its own', async () => {
    using scene = createScene(PROGRAMS);
    scene.answer([{ when: '*up*blue', serves: 'new' }]);
    assert.equal(await scene.deploy(), '');
    const built = scene.lines.filter((line) => line.startsWith('docker build'));
    assert.deepEqual(built, [
      'docker build --target kit --build-arg RELEASE=new --tag gatehouse:new .',
      'docker build --target port --tag gatehouse-port .',
    ]);
    assert.deepEqual(scene.lines.slice(-2), [up('port'), up('blue', '--force-recreate ')]);
    const [start] = scene.programs.calls.slice(-1);
    assert.equal(start?.env.GATEHOUSE_BLUE_IMAGE, 'gatehouse:new');
    assert.equal(start?.env.GATEHOUSE_RELEASE, 'new');
    const file = join(scene.root, '.cache/deploy/compose.env');
    assert.equal(start?.env.GATEHOUSE_ENV_FILE, file);
    assert.equal(readFileSync(file, 'utf8'), `API_KEYS='${KEY}'\n`);
    assert.ok(!scene.lines.join('\n').includes(KEY) && !scene.told.includes(KEY));
    // Nor has any program it in its environment, where others may read it.
    for (const { env } of scene.programs.calls) assert.ok(!Object.values(env).join().includes(KEY));
  });

  it('builds every image on the base that this Docker has, by its digest', async () => {
    using scene = createScene(PROGRAMS);
    const digest = `sha256:${'0f'.repeat(32)}`;
    scene.answer([
      { when: 'docker image inspect*', says: `node@${digest} mirror.example/node@${digest}\n` },
      { when: '*up*blue', serves: 'new' },
    ]);
    assert.equal(await scene.deploy(), '');
    const base = `--build-arg BASE=node:24-trixie-slim@${digest}`;
    assert.deepEqual(
      scene.lines.filter((line) => line.startsWith('docker build')),
      [
        `docker build --target kit ${base} --build-arg RELEASE=new --tag gatehouse:new .`,
        `docker build --target port ${base} --tag gatehouse-port .`,
      ],
    );
  });

  it('starts the other colour beside the one that runs, and then stops that', async () => {
    using scene = createScene({ ...PROGRAMS, serving: 'old' });
    scene.answer([RUNS_OLD, { when: '*up*green', serves: 'new' }]);
    assert.equal(await scene.deploy(), '');
    assert.deepEqual(scene.lines.slice(-3), [
      up('port'),
      up('green', '--force-recreate '),
      compose('stop blue'),
    ]);
  });

  it('starts the old one again, beside the new, before it stops the new', async () => {
    using scene = createScene({ ...PROGRAMS, serving: 'old', release: 'leaky' });
    scene.answer([RUNS_OLD, { when: '*up*green', serves: 'leaky' }, { when: '*start blue', serves: 'old' }]);
    assert.match(await scene.deploy(), /it fails when looked at from outside[\s\S]*old serves again/);
    assert.deepEqual(scene.lines.slice(-3), [
      compose('stop blue'),
      compose('start blue'),
      compose('stop green'),
    ]);
  });

  it('takes back the rest when a part of it cannot be taken back', async () => {
    using scene = createScene({ ...PROGRAMS, serving: 'old', release: 'leaky' });
    scene.answer([
      RUNS_OLD,
      { when: '*up*green', serves: 'leaky' },
      { when: '*start blue', fails: 1, serves: 'old' },
    ]);
    assert.match(await scene.deploy(), /old serves again/);
    assert.match(scene.told, /this could not be taken back: "start blue again, beside green" failed/);
    assert.deepEqual(scene.lines.slice(-1), [compose('stop green')]);
  });

  it('leaves everything as it is when the rehearsal fails', async () => {
    using scene = createScene({ ...PROGRAMS, serving: 'old' });
    scene.answer([RUNS_OLD, { when: 'docker run*', fails: 1 }]);
    assert.match(await scene.deploy(), /"rehearse: [\s\S]*old was not touched, and serves on/);
    assert.ok(!scene.lines.some((line) => / (up|stop|start) /.test(line)));
  });

  it('goes back to the container that is still here, whatever compose tells of its name', async () => {
    using scene = createScene({ ...PROGRAMS, serving: 'old' });
    scene.answer([RUNS_OLD, { when: '*start green', serves: 'older' }]);
    assert.equal(await scene.rollBack(), '');
    assert.deepEqual(scene.lines.slice(-2), [compose('start green'), compose('stop blue')]);
    const nameless = [port, container('blue', 'running', 'x'), container('green', 'exited', 'y')].map(
      ({ Labels: _labels, ...row }) => row,
    );
    scene.programs.serving = 'old';
    scene.answer([
      { when: '*compose* ps *', says: JSON.stringify(nameless) },
      { when: '*start green', serves: 'older' },
    ]);
    assert.equal(await scene.rollBack(), '');
  });

  it('does not deploy what runs already, nor move the port under a kit that runs', async () => {
    using scene = createScene({ ...PROGRAMS, release: 'old' });
    scene.answer([RUNS_OLD]);
    assert.match(await scene.deploy(), /release old already runs: set RELEASE to another name/);
    using moved = createScene({ ...PROGRAMS, env: { API_KEYS: KEY, PORT: '9090' } });
    moved.answer([RUNS_OLD]);
    assert.match(await moved.deploy(), /published on port 8080, and PORT says 9090/);
    assert.deepEqual(moved.lines, [PS]);
  });
});

describe('a take-over of one container by another', () => {
  const { config } = loadConfig({ env: {}, folder: '/nowhere' });
  const shipment = { release: 'new', deployment, config, settings: {}, secrets: {}, folder: '/nowhere' };
  const old = { colour: 'blue', release: 'old' } as const;
  const next = { colour: 'green', release: 'new' } as const;
  /** A command as its last two words, a wait as the release that it waits for. */
  const show = ({ run }: Step) => {
    if (typeof run === 'function') return 'a look';
    return 'until' in run ? `${run.release} is ${run.until}` : run.argv.slice(-2).join(' ');
  };
  const rest = ['new is open', 'stop blue', 'new is healthy'];

  it('stops the old one only when the new one has opened the port', () => {
    assert.deepEqual(switchTo(shipment, next, old).map(show), ['--force-recreate green', ...rest]);
    assert.deepEqual(restart(shipment, next, old).map(show), ['start green', ...rest]);
  });

  it('is taken back by the old one, which opens the port before the new one stops', () => {
    const steps = switchTo(shipment, next, old);
    const undo = steps.toReversed().flatMap((step) => step.undo ?? []);
    assert.deepEqual(undo.map(show), ['start blue', 'old is open', 'stop green']);
  });
});

describe('docker compose ps', () => {
  const rows = [port, container('blue', 'running', 'r1'), container('green', 'exited', 'r0')];
  const state = {
    blue: { isRunning: true, release: 'r1' },
    green: { isRunning: false, release: 'r0' },
    port: 8080,
  };

  it('is read as an array, as a document a line, and when nothing is there', () => {
    assert.deepEqual(readState(JSON.stringify(rows)), state);
    assert.deepEqual(readState(`${lines(...rows)}\n`), state);
    for (const nothing of ['', '\n', '[]', '[]\n']) assert.deepEqual(readState(nothing), {});
  });

  it('is read as 2.20 tells it, without labels, and with no ports', () => {
    const { Labels: _labels, ...row } = container('blue', 'running', 'r1');
    assert.deepEqual(readState(JSON.stringify([{ ...row, Publishers: null }])), {
      blue: { isRunning: true },
    });
  });

  it('is refused by name, and without a stack, when it is anything else', () => {
    for (const bad of [
      'null',
      '7',
      '"x"',
      '[[]]',
      '{}',
      '[{"Service":1}]',
      '{"Service":"blue"',
      'WARN[0000] hm',
      '[{"Service":"blue","State":"running","Labels":{}}]',
    ])
      assert.throws(
        () => readState(bad),
        (error: unknown) =>
          error instanceof ShipError &&
          /^the answer of "docker compose ps" is (no JSON|not understood)/.test(error.message),
        bad,
      );
  });
});
