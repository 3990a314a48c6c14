import assert from 'node:assert/strict';
import { deployment, topology } from '#config';
import { kubernetes } from '../../../../deploy/kubernetes/render.ts';
import { Refusal } from '../../../../deploy/platform.ts';
import { SECRET_STAND_IN } from '../../../../deploy/rendering/render-input.ts';
import {
  callersIn,
  find,
  parseObjects,
  policy,
  workloadIn,
} from '../../../support/deploy/platforms/kubernetes-objects.ts';
import { fileOf, filesOf, report, settle } from '../../../support/deploy/platforms/rendered-by.ts';

const FILES = filesOf(kubernetes);
const BASE = ['workloads.yaml', 'network.yaml'].flatMap((name) =>
  parseObjects(fileOf(FILES, `base/${name}`)),
);
const withDatabase = { ...deployment, secrets: ['API_KEYS', 'DATABASE_URL'] };

describe('kubernetes, as the declarations make it', () => {
  it('says from what it was made, and holds no secret', () => {
    for (const [path, text] of FILES) {
      assert.match(text, /^# Made by make render/, path);
      assert.ok(!text.includes(SECRET_STAND_IN), path);
    }
  });

  it('runs the gate twice, and never two of what keeps the database or the login', () => {
    const shape = (name: string, objects = BASE) => {
      const { kind, spec } = workloadIn(objects, name);
      return [kind, spec.replicas, spec.strategy?.type];
    };
    assert.deepEqual(shape('gate'), ['Deployment', 2, 'RollingUpdate']);
    assert.deepEqual(shape('api'), ['Deployment', 1, 'Recreate']);
    assert.deepEqual(shape('bridge'), ['StatefulSet', 1, undefined]);
  });

  it('gives the api no volume, and two pods, once DATABASE_URL is a secret', () => {
    const objects = parseObjects(fileOf(filesOf(kubernetes, withDatabase), 'base/workloads.yaml'));
    const { spec } = workloadIn(objects, 'api');
    assert.deepEqual([spec.replicas, spec.strategy?.type], [2, 'RollingUpdate']);
    assert.ok(!objects.some(({ kind }) => kind === 'PersistentVolumeClaim'));
    assert.ok(spec.template.spec.containers[0]?.env.some(({ name }) => name === 'DATABASE_URL'));
  });

  it('asks each service on its own path, none of which waits for a phone or for WhatsApp', () => {
    const paths = Object.fromEntries(
      ['gate', 'api', 'bridge'].map((name) => {
        const [{ startupProbe, readinessProbe, livenessProbe } = assert.fail()] = workloadIn(BASE, name).spec
          .template.spec.containers;
        return [name, [startupProbe, readinessProbe, livenessProbe].map(({ httpGet }) => httpGet?.path)];
      }),
    );
    assert.deepEqual(paths, {
      gate: ['/health/live', '/health/live', '/health/live'],
      api: ['/internal/ready', '/internal/ready', '/internal/ready'],
      bridge: ['/health', '/health', '/health'],
    });
  });

  it('lets only the api reach the bridge, only gate and bridge the api, and everybody the gate', () => {
    assert.deepEqual(callersIn(BASE, 'bridge'), ['api']);
    assert.deepEqual(callersIn(BASE, 'api'), ['gate', 'bridge']);
    const gate = policy.parse(find(BASE, 'NetworkPolicy', 'gate'));
    assert.deepEqual(gate.spec.ingress, [{ ports: [{ protocol: 'TCP', port: 'gate' }] }]);
  });

  it('confines every container, tells it nothing of other Services, and gives it no token', () => {
    for (const name of ['gate', 'api', 'bridge']) {
      const { spec } = workloadIn(BASE, name).spec.template;
      assert.deepEqual(
        [spec.enableServiceLinks, spec.automountServiceAccountToken, spec.securityContext.runAsNonRoot],
        [false, false, true],
      );
      for (const one of spec.containers) {
        assert.deepEqual(one.securityContext, {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        assert.ok(
          one.volumeMounts.every(
            ({ name: mount }) => spec.volumes.some((volume) => volume.name === mount) || mount === 'data',
          ),
        );
      }
    }
  });

  it('grants a longer end than the drain, and the gate time to be forgotten by its Service before', () => {
    const graceOf = (name: string) => workloadIn(BASE, name).spec.template.spec.terminationGracePeriodSeconds;
    const { config } = settle({
      GATEHOUSE_PROFILE: 'kubernetes',
      INTERNAL_SECRET: 's9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a0',
    });
    assert.ok(graceOf('bridge') * 1_000 > config.stop.drainMs);
    assert.equal(graceOf('gate'), graceOf('bridge') + 5);
    assert.ok(workloadIn(BASE, 'gate').spec.template.spec.containers[0]?.lifecycle);
    assert.equal(workloadIn(BASE, 'bridge').spec.template.spec.containers[0]?.lifecycle, undefined);
  });

  it('gives a service of your own a workload, a Service, a policy, its port and no secret of the kit', () => {
    const files = filesOf(kubernetes, deployment, [...topology, report]);
    const objects = ['workloads.yaml', 'network.yaml'].flatMap((name) =>
      parseObjects(fileOf(files, `base/${name}`)),
    );
    const [own] = workloadIn(objects, 'report').spec.template.spec.containers;
    assert.deepEqual(own?.args, ['python3', '-m', 'http.server', '9100']);
    assert.deepEqual(own?.env, [
      { name: 'PORT', value: '9100' },
      { name: 'HOST', value: '0.0.0.0' },
    ]);
    assert.equal(
      own?.livenessProbe.httpGet,
      undefined,
      'an answer of 503 is no reason to restart what is not ours',
    );
    assert.deepEqual(callersIn(objects, 'report'), ['gate']);
    find(objects, 'Service', 'report');
  });

  it('is refused, with every reason, when names, callers, hosts or times do not fit', () => {
    const odd = { ...report, name: 'a-report-with-a-long-name', callers: ['nobody'] };
    const settings = { DRAIN_MS: '3000', STOP_GRACE_MS: '4000', API_HOST: 'elsewhere' };
    assert.throws(
      () => filesOf(kubernetes, { ...deployment, settings }, [...topology, odd]),
      (error) => {
        assert.ok(error instanceof Refusal);
        assert.match(error.message, /"a-report-with-a-long-name" cannot name a port there/);
        assert.match(error.message, /names nobody among its callers/);
        assert.match(error.message, /API_HOST is elsewhere, and the pods are reached as api/);
        assert.match(error.message, /DRAIN_MS=3000 is less than the 4000 ms that bridge needs/);
        return true;
      },
    );
  });
});
