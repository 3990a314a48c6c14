import assert from 'node:assert/strict';
import { createScene, KEY } from '../../../support/deploy/ship/scene.ts';

const PROGRAMS = {
  target: 'kubernetes',
  programs: ['kubectl', 'docker'],
  platforms: { kubernetes: { image: 'registry.example/gatehouse' } },
} as const;
const IN = 'kubectl --namespace gatehouse';
const SECRET = `${IN} get secret gatehouse-secrets --ignore-not-found --output json`;
const SETS = `${IN} get replicasets --selector app.kubernetes.io/name=gatehouse,app.kubernetes.io/component=gate --output json`;
const WORKLOADS = ['statefulset/bridge', 'deployment/gate', 'deployment/api'];
const APPLY = 'kubectl apply --kustomize ROOT/.cache/deploy/kubernetes';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const replicaSet = (revision: string, tag: string) => ({
  metadata: { annotations: { 'deployment.kubernetes.io/revision': revision } },
  spec: { template: { spec: { containers: [{ image: `registry.example:5000/gatehouse-slim:${tag}` }] } } },
});
const THERE = [
  {
    when: '*get secret*',
    says: JSON.stringify({ data: { INTERNAL_SECRET: base64('inner'), OTHER: base64('x') } }),
  },
  {
    when: '*get replicasets*',
    says: JSON.stringify({
      items: [replicaSet('9', 'older'), replicaSet('10', 'old'), replicaSet('2', 'first')],
    }),
  },
];
const rolledOut = WORKLOADS.map((workload) => `${IN} rollout status ${workload} --timeout=600s`);
const undone = WORKLOADS.map((workload) => `${IN} rollout undo ${workload}`);

describe('make deploy TARGET=kubernetes', () => {
  it('builds and pushes both images, applies namespace, secret and workloads, and waits for each', async () => {
    using scene = createScene(PROGRAMS);
    scene.answer([{ when: '*rollout status deployment/api*', serves: 'new' }]);
    assert.equal(await scene.deploy(), '');
    const image = (context: string, name: string) => [
      `docker build --target ${context} --build-arg RELEASE=new --tag registry.example/${name}:new .`,
      `docker push registry.example/${name}:new`,
    ];
    assert.deepEqual(scene.lines, [
      SECRET,
      SETS,
      SECRET,
      'docker image inspect --format {{join .RepoDigests " "}} node:24-trixie-slim',
      ...image('kit', 'gatehouse'),
      ...image('slim', 'gatehouse-slim'),
      'kubectl apply --filename -',
      'kubectl apply --filename -',
      APPLY,
      ...rolledOut,
    ]);
    const [namespace, secret] = scene.programs.calls
      .filter(({ line }) => line === 'kubectl apply --filename -')
      .map(({ input }) => JSON.parse(input));
    assert.equal(namespace.metadata.name, 'gatehouse');
    assert.equal(secret.data.API_KEYS, base64(KEY));
    assert.match(Buffer.from(secret.data.INTERNAL_SECRET, 'base64').toString(), /^[0-9a-f]{64}$/);
    assert.ok(!scene.lines.join('\n').includes(KEY) && !scene.told.includes(KEY));
  });

  it('keeps what the secret has and nobody gave, the one among the parts above all', async () => {
    using scene = createScene({ ...PROGRAMS, serving: 'old' });
    scene.answer([...THERE, { when: '*rollout status deployment/api*', serves: 'new' }]);
    assert.equal(await scene.deploy(), '');
    const inputs = scene.programs.calls
      .map(({ input }) => input)
      .filter((input) => input.includes('"Secret"'));
    assert.deepEqual(JSON.parse(inputs[0] ?? '').data, {
      INTERNAL_SECRET: base64('inner'),
      OTHER: base64('x'),
      API_KEYS: base64(KEY),
    });
  });

  it('overwrites no secret that it could not read', async () => {
    using scene = createScene(PROGRAMS);
    scene.answer([{ when: '*get secret*', fails: 1 }]);
    assert.match(await scene.deploy(), /"look at what is there" failed/);
    assert.ok(!scene.lines.some((line) => line.includes('apply')));
  });

  it('undoes every workload when one is not rolled out', async () => {
    using scene = createScene({ ...PROGRAMS, serving: 'old' });
    scene.answer([...THERE, { when: '*rollout status deployment/gate*', fails: 1 }]);
    assert.match(
      await scene.deploy(),
      /"wait until deployment\/gate is rolled out" failed[\s\S]*old serves again/,
    );
    assert.deepEqual(scene.lines.slice(-6), [APPLY, ...rolledOut.slice(0, 2), ...undone]);
  });

  it('goes back to the revision before, by number and not by letters', async () => {
    using scene = createScene({ ...PROGRAMS, serving: 'old' });
    scene.answer([...THERE, { when: '*rollout undo deployment/api', serves: 'older' }]);
    assert.equal(await scene.rollBack(), '');
    assert.deepEqual(scene.lines.slice(-6), [...undone, ...rolledOut]);
  });

  it('ships images that are there already, by their tag, and refuses one without', async () => {
    using scene = createScene({
      ...PROGRAMS,
      image: 'registry.example:5000/kit:v3',
      release: 'v3',
    });
    scene.answer([{ when: '*rollout status deployment/api*', serves: 'v3' }]);
    assert.equal(await scene.deploy(), '');
    assert.ok(!scene.lines.some((line) => line.startsWith('docker')));
    using bare = createScene({ ...PROGRAMS, image: 'registry.example:5000/kit' });
    assert.match(await bare.deploy(), /has no tag by which it is told from others/);
  });
});
