import assert from 'node:assert/strict';
import { z } from 'zod';
import { deployment, topology } from '#config';
import { kubernetes } from '../../../../deploy/kubernetes/render.ts';
import { findKubectl, kustomize, typeErrors } from '../../../support/deploy/platforms/kubernetes-check.ts';
import {
  callersIn,
  find,
  type KubernetesObject,
  parseObjects,
  workloadIn,
} from '../../../support/deploy/platforms/kubernetes-objects.ts';
import { fileOf, filesOf, report, settle } from '../../../support/deploy/platforms/rendered-by.ts';
import { createScene, KEY } from '../../../support/deploy/ship/scene.ts';
import { sayNotTested } from '../../../support/netns/say-what-lacks.ts';

const FILES = filesOf(kubernetes);
const IMAGE = 'registry.example/team/gatehouse';
const SETTINGS = {
  GREETING: 'a "b" #c: $HOME \'d\' = yes\tend',
  QUOTED: '"in quotes"',
  LINES: 'one\ntwo',
  SINGLE: "'",
};
const DECLARED = {
  ...deployment,
  platforms: { kubernetes: { image: IMAGE } },
  domain: 'chat.example.org',
  settings: SETTINGS,
};

/** The overlay of one deploy, where it lies in a kit: it names the rendered overlay from there. */
async function filesOfDeploy(): Promise<Map<string, string>> {
  using scene = createScene({
    target: 'kubernetes',
    programs: ['kubectl', 'docker'],
    platforms: { kubernetes: { image: 'registry.example/gatehouse' } },
    env: { API_KEYS: KEY, LOG_LEVEL: 'debug' },
  });
  const [file] = scene.target.files(await scene.settle());
  assert.ok(file);
  return new Map([...FILES, [`.cache/deploy/${file.name}`, file.text]]);
}

const settingsIn = (objects: readonly KubernetesObject[]) =>
  z
    .looseObject({ data: z.record(z.string(), z.string()) })
    .parse(objects.find(({ kind }) => kind === 'ConfigMap')).data;
const imagesIn = (objects: readonly KubernetesObject[]) =>
  ['api', 'bridge', 'gate'].flatMap((name) =>
    workloadIn(objects, name).spec.template.spec.containers.map(({ image }) => image),
  );

const found = findKubectl();

/** Builds each folder once, all at the same time; into nothing where there is no kubectl. */
async function buildAll() {
  const build = async (files: ReadonlyMap<string, string>, folder: string) =>
    'lack' in found ? [] : kustomize(found.path, files, folder);
  const [base, production, sandbox, declared, ofDeploy] = await Promise.all([
    build(FILES, '/base'),
    build(FILES, '/production'),
    build(FILES, '/sandbox'),
    build(filesOf(kubernetes, DECLARED), '/production'),
    filesOfDeploy().then((files) => build(files, '.cache/deploy/kubernetes')),
  ]);
  return { base, production, sandbox, declared, ofDeploy };
}

let built: Awaited<ReturnType<typeof buildAll>>;
before(async () => {
  built = await buildAll();
});

describe('types of the Kubernetes API', () => {
  const objectsOf = (files: ReadonlyMap<string, string>) =>
    ['workloads.yaml', 'network.yaml'].flatMap((name) => parseObjects(fileOf(files, `base/${name}`)));

  it('fit what the declarations and kustomize make, a service of your own included, and nothing wrong', async () => {
    const base = objectsOf(FILES);
    const [first, ...others] = base;
    assert.ok(first);
    const bridge = find(base, 'StatefulSet', 'bridge');
    const spec = { ...z.looseObject({}).parse(bridge.spec), replicas: '1' };
    const { misspelt, mistyped, ...right } = await typeErrors({
      plain: base,
      own: objectsOf(filesOf(kubernetes, deployment, [...topology, report])),
      misspelt: [{ ...first, spce: {} }, ...others],
      mistyped: [{ ...bridge, spec }],
      ...built,
    });
    const none = { base: '', production: '', sandbox: '', declared: '', ofDeploy: '' };
    assert.deepEqual(right, { plain: '', own: '', ...none });
    assert.match(misspelt ?? '', /spce"' does not exist/);
    assert.match(mistyped ?? '', /Type 'string' is not assignable to type 'number'/);
  });
});

if ('lack' in found)
  describe('kubernetes, as kustomize builds it', () => sayNotTested('kustomize', found.lack));
else
  describe('kubernetes, as kustomize builds it', () => {
    it('settles every pod of every folder to a good configuration', () => {
      for (const objects of Object.values(built)) {
        const settings = settingsIn(objects);
        for (const name of ['gate', 'api', 'bridge'])
          for (const { env } of workloadIn(objects, name).spec.template.spec.containers) {
            const own = env.flatMap(({ name: key, value }) => (value === undefined ? [] : [[key, value]]));
            const { config } = settle({
              ...settings,
              ...Object.fromEntries(own),
              INTERNAL_SECRET: 's9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a0',
            });
            assert.equal(config.profile, 'kubernetes');
            assert.equal(config.internal.apiHost, 'api');
          }
      }
    });

    it('production lies in a namespace of its own and takes its images from where they are', () => {
      for (const objects of [built.production, built.declared])
        assert.ok(objects.every(({ metadata }) => metadata.namespace === 'gatehouse'));
      assert.deepEqual(imagesIn(built.declared), [
        `${IMAGE}-slim:latest`,
        `${IMAGE}:latest`,
        `${IMAGE}-slim:latest`,
      ]);
    });

    it('production has an Ingress once there is a domain', () => {
      assert.ok(!built.production.some(({ kind }) => kind === 'Ingress'));
      assert.match(JSON.stringify(find(built.declared, 'Ingress', 'gate')), /"host":"chat\.example\.org"/);
    });

    it('starts new pods when a setting changes, since the settings are named by their content', () => {
      const nameIn = (objects: readonly KubernetesObject[]) =>
        objects.find(({ kind }) => kind === 'ConfigMap')?.metadata.name ?? '';
      assert.match(nameIn(built.production), /-[0-9a-z]{10}$/);
      assert.notEqual(nameIn(built.production), nameIn(built.declared));
    });

    it('carries a setting whole, whatever characters it has', () => {
      const { GREETING, QUOTED, LINES, SINGLE } = settingsIn(built.declared);
      assert.deepEqual({ GREETING, QUOTED, LINES, SINGLE }, SETTINGS);
    });

    it('sandbox runs the stand-in beside the bridge, on its volume, and the gate alone reaches it', () => {
      const { containers } = workloadIn(built.sandbox, 'bridge').spec.template.spec;
      assert.deepEqual(
        containers.map(({ name }) => name),
        ['bridge', 'sandbox'],
      );
      const variables = containers[0]?.env.map(({ name, value }) => `${name}=${value}`) ?? [];
      assert.ok(variables.includes('PUPPETEER_EXECUTABLE_PATH=/data/sandbox/browser'));
      assert.deepEqual(callersIn(built.sandbox, 'sandbox'), ['gate']);
      assert.equal(settingsIn(built.sandbox).WHATSAPP, 'sandbox');
      assert.equal(workloadIn(built.sandbox, 'gate').spec.replicas, 1);
    });

    it('makes of a deploy: its images, release and settings', () => {
      const image = 'registry.example/gatehouse';
      assert.deepEqual(imagesIn(built.ofDeploy), [`${image}-slim:new`, `${image}:new`, `${image}-slim:new`]);
      const { RELEASE, LOG_LEVEL, GATEHOUSE_PROFILE } = settingsIn(built.ofDeploy);
      assert.deepEqual([RELEASE, LOG_LEVEL, GATEHOUSE_PROFILE], ['new', 'debug', 'kubernetes']);
    });

    it('refuses a kustomization with an unknown field', async () => {
      const wrong = new Map(
        [...FILES].map(([path, text]) => [path, text.replace(/^resources:/m, 'resuorces:')]),
      );
      await assert.rejects(kustomize(found.path, wrong, '/base'), /resuorces/);
    });
  });
