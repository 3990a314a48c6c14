import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { deployment } from '#config';
import { cloudrun } from '../../../../deploy/cloudrun/render.ts';
import { cloudRunService } from '../../../support/deploy/platforms/schemas/cloudrun-service.ts';
import {
  assertObeys,
  inputFor,
  missedBy,
  reasonsOf,
  textAt,
} from '../../../support/deploy/platforms/support.ts';

const FILE = 'deploy/rendered/cloudrun/service.yaml';
const { heroku, cloudrun: choice } = deployment.platforms;

describe('service.yaml of Cloud Run', () => {
  const rendered = (changes = {}) => textAt(cloudrun.render(inputFor(cloudrun, changes)), FILE);

  it('is the service that Cloud Run documents, bare and with all that can be declared', () => {
    assertObeys(cloudRunService, parse(rendered()));
    const full = { region: 'europe-west1', settings: { TZ: 'UTC' }, cpus: 2, memoryMb: 4_096 };
    assertObeys(cloudRunService, parse(rendered(full)));
  });

  it('is none any more with one key misspelt or one value mistyped', () => {
    assert.deepEqual(missedBy(cloudRunService, parse(rendered())), []);
  });

  it('asks for exactly one instance, with CPU at all times and the login on a share', () => {
    const { metadata, spec } = parse(rendered()).spec.template;
    assert.deepEqual(metadata.annotations, {
      'autoscaling.knative.dev/minScale': '1',
      'autoscaling.knative.dev/maxScale': '1',
      'run.googleapis.com/cpu-throttling': 'false',
      'run.googleapis.com/startup-cpu-boost': 'true',
      'run.googleapis.com/execution-environment': 'gen2',
      'run.googleapis.com/network-interfaces': '[{"network":"default","subnetwork":"default"}]',
      'run.googleapis.com/vpc-access-egress': 'private-ranges-only',
    });
    assert.equal(spec.timeoutSeconds, 3_600);
    assert.deepEqual(spec.volumes, [
      { name: 'data', nfs: { server: '10.0.0.2', path: '/gatehouse', readOnly: false } },
    ]);
    const [container] = spec.containers;
    assert.deepEqual(container.volumeMounts, [{ name: 'data', mountPath: '/data' }]);
    assert.deepEqual(container.resources.limits, { cpu: '1', memory: '1280Mi' });
    assert.deepEqual(container.env, [
      { name: 'API_KEYS', valueFrom: { secretKeyRef: { name: 'gatehouse-api-keys', key: 'latest' } } },
      {
        name: 'DATABASE_URL',
        valueFrom: { secretKeyRef: { name: 'gatehouse-database-url', key: 'latest' } },
      },
    ]);
  });

  it('probes the kit where it listens, and gives up no sooner than Cloud Run must', () => {
    const [{ ports, startupProbe, livenessProbe }] = parse(rendered({ settings: { PORT: '9090' } })).spec
      .template.spec.containers;
    assert.deepEqual(ports, [{ name: 'http1', containerPort: 9_090 }]);
    for (const { httpGet, timeoutSeconds, periodSeconds } of [startupProbe, livenessProbe]) {
      assert.deepEqual(httpGet, { path: '/health/live', port: 9_090 });
      assert.ok(timeoutSeconds <= periodSeconds);
    }
    assert.equal(startupProbe.periodSeconds * startupProbe.failureThreshold, 240);
  });

  it('reads the same to a parser that knows no aliases', () => {
    assert.doesNotMatch(rendered(), /[&*]a\d/);
  });

  it('is refused while the session lies on a disk that is memory, with every reason', () => {
    const reasons = reasonsOf(cloudrun, inputFor(cloudrun, { platforms: {} }));
    assert.equal(reasons.length, 4, reasons.join('\n'));
    for (const [at, part] of [
      /every message that was accepted: .*platforms\.cloudrun\.secrets/,
      /the WhatsApp login: .*'login-lost-at-restart' in platforms\.cloudrun\.accepts/,
      /without locks: .*'two-bridges-for-a-moment' in platforms\.cloudrun\.accepts/,
      /platforms\.cloudrun\.image/,
    ].entries())
      assert.match(reasons[at] ?? '', part);
  });

  it('is refused with SQLite on the share, which is mounted without locks', () => {
    const platforms = { heroku, cloudrun: { ...choice, secrets: [] } };
    assert.match(reasonsOf(cloudrun, inputFor(cloudrun, { platforms }))[0] ?? '', /keep them in PostgreSQL/);
  });

  it('is refused while nobody has accepted that two bridges may meet', () => {
    const platforms = { heroku, cloudrun: { ...choice, accepts: [] } };
    const [reason, ...more] = reasonsOf(cloudrun, inputFor(cloudrun, { platforms }));
    assert.match(reason ?? '', /starts a new instance before it ends the old one/);
    assert.deepEqual(more, []);
  });

  it('goes without a share when the loss of the login is accepted, and says so', () => {
    const { share: _share, ...others } = choice;
    const platforms = {
      cloudrun: { ...others, accepts: ['login-lost-at-restart', 'two-bridges-for-a-moment'] as const },
    };
    const text = rendered({ platforms });
    const { spec, metadata } = parse(text).spec.template;
    assert.ok(!('volumes' in spec) && !('volumeMounts' in spec.containers[0]));
    assert.ok(!('run.googleapis.com/network-interfaces' in metadata.annotations));
    assert.match(text.replaceAll('\n# ', ' '), /lost at each restart: somebody must scan the code again/);
    assertObeys(cloudRunService, parse(text));
  });

  it('is refused with CPUs and memory that do not go together', () => {
    const reasons = (memoryMb: number, cpus: number) =>
      reasonsOf(cloudrun, inputFor(cloudrun, { memoryMb, cpus })).join('\n');
    assert.match(reasons(1_024, 0.5), /^cpus is 0\.5, and CPU that is always there comes as 1, 2, 4 or 8/);
    assert.match(reasons(4_096, 1), /^4352 MB, with \/tmp, are more than 1 CPUs may have/);
  });
});
