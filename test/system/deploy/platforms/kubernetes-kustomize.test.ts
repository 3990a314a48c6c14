import assert from 'node:assert/strict';
import { z } from 'zod';
import { type Deployment, deployment } from '#config';
import { kubernetes } from '../../../../deploy/kubernetes/render.ts';
import {
  findKubectl,
  type KubernetesObject,
  kustomize,
  typeErrors,
} from '../../../support/deploy/platforms/kubernetes-check.ts';
import { callersIn, find, workloadIn } from '../../../support/deploy/platforms/kubernetes-objects.ts';
import { filesOf, settle } from '../../../support/deploy/platforms/rendered-by.ts';
import { sayNotTested } from '../../../support/netns/say-what-lacks.ts';

const FILES = filesOf(kubernetes);

const found = findKubectl();
if ('lack' in found)
  describe('kubernetes, as kustomize builds it', () => sayNotTested('kustomize', found.lack));
else
  describe('kubernetes, as kustomize builds it', function () {
    this.timeout(60_000);
    const settingsIn = (objects: readonly KubernetesObject[]) =>
      z
        .looseObject({ data: z.record(z.string(), z.string()) })
        .parse(objects.find(({ kind }) => kind === 'ConfigMap')).data;

    for (const folder of ['base', 'production', 'sandbox'])
      it(`${folder} builds, fits the types, and every pod settles to a good configuration`, () => {
        const objects = kustomize(found.path, FILES, `/${folder}`);
        assert.equal(typeErrors(objects), '');
        const settings = settingsIn(objects);
        for (const name of ['gate', 'api', 'bridge'])
          for (const { env } of workloadIn(objects, name).spec.template.spec.containers) {
            const own = env.flatMap(({ name: key, value }) => (value === undefined ? [] : [[key, value]]));
            const { config } = settle({
              ...settings,
              ...Object.fromEntries(own),
              INTERNAL_SECRET: 's'.repeat(64),
            });
            assert.equal(config.profile, 'kubernetes');
            assert.equal(config.internal.apiHost, 'api');
          }
      });

    it('production lies in a namespace of its own and takes its images from where they are', () => {
      const image = 'registry.example/team/gatehouse';
      const platforms = { kubernetes: { image } };
      const objects = kustomize(found.path, filesOf(kubernetes, { ...deployment, platforms }), '/production');
      assert.ok(objects.every(({ metadata }) => metadata.namespace === 'gatehouse'));
      const imageOf = (name: string) => workloadIn(objects, name).spec.template.spec.containers[0]?.image;
      assert.deepEqual([imageOf('gate'), imageOf('bridge')], [`${image}-slim:latest`, `${image}:latest`]);
    });

    it('production has an Ingress once there is a domain', () => {
      const objects = kustomize(
        found.path,
        filesOf(kubernetes, { ...deployment, domain: 'chat.example.org' }),
        '/production',
      );
      assert.match(JSON.stringify(find(objects, 'Ingress', 'gate')), /"host":"chat\.example\.org"/);
      assert.equal(typeErrors(objects), '');
    });

    it('starts new pods when a setting changes, since the settings are named by their content', () => {
      const nameOf = (declared: Deployment) =>
        kustomize(found.path, filesOf(kubernetes, declared), '/base').find(({ kind }) => kind === 'ConfigMap')
          ?.metadata.name;
      assert.notEqual(nameOf(deployment), nameOf({ ...deployment, settings: { LOG_LEVEL: 'debug' } }));
    });

    it('carries a setting whole, whatever characters it has', () => {
      const settings = {
        GREETING: 'a "b" #c: $HOME \'d\' = yes\tend',
        QUOTED: '"in quotes"',
        LINES: 'one\ntwo',
        SINGLE: "'",
      };
      const objects = kustomize(found.path, filesOf(kubernetes, { ...deployment, settings }), '/base');
      const { GREETING, QUOTED, LINES, SINGLE } = settingsIn(objects);
      assert.deepEqual({ GREETING, QUOTED, LINES, SINGLE }, settings);
    });

    it('sandbox runs the stand-in beside the bridge, on its volume, and the gate alone reaches it', () => {
      const objects = kustomize(found.path, FILES, '/sandbox');
      const { containers } = workloadIn(objects, 'bridge').spec.template.spec;
      assert.deepEqual(
        containers.map(({ name }) => name),
        ['bridge', 'sandbox'],
      );
      const variables = containers[0]?.env.map(({ name, value }) => `${name}=${value}`) ?? [];
      assert.ok(variables.includes('PUPPETEER_EXECUTABLE_PATH=/data/sandbox/browser'));
      assert.deepEqual(callersIn(objects, 'sandbox'), ['gate']);
      assert.equal(settingsIn(objects).WHATSAPP, 'sandbox');
      assert.equal(workloadIn(objects, 'gate').spec.replicas, 1);
    });

    it('refuses a kustomization with an unknown field', () => {
      const wrong = new Map(
        [...FILES].map(([path, text]) => [path, text.replace(/^resources:/m, 'resuorces:')]),
      );
      assert.throws(() => kustomize(found.path, wrong, '/base'), /resuorces/);
    });
  });
