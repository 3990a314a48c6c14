import assert from 'node:assert/strict';
import { z } from 'zod';
import { documentedEntry, KitCopy } from '../../support/kit/kit-copy.ts';

const FACTS = 'test/support/kit/service-facts.ts';
const factsSchema = z.object({
  ports: z.record(z.string(), z.number()),
  routes: z.record(z.string(), z.array(z.looseObject({ service: z.string() }))),
  plans: z.array(z.looseObject({ name: z.string() })),
  health: z.record(z.string(), z.object({ state: z.string() })),
});

/** Each file that `make render` changes for one more service, with what it then says. */
const PLACES: Readonly<Record<string, RegExp>> = {
  '.env.example': /^# Greets\.\n#GREETER_PORT=8010$/m,
  'README.md':
    /^\| greeter \| `python3 examples\/python-service\/server\.py` \| `GREETER_PORT` \| `\/greet` \| always \|$/m,
  '.railway/railway.ts': /, greeter \(GREETER_PORT\)/,
  'compose.yaml': /, greeter \(GREETER_PORT\)/,
  'fly.toml': /, greeter \(GREETER_PORT\)/,
  'heroku.yml': /, greeter \(GREETER_PORT\)/,
  'render.yaml': /, greeter \(GREETER_PORT\)/,
  'deploy/rendered/cloudrun/service.yaml': /, greeter \(GREETER_PORT\)/,
  'deploy/rendered/swarm/stack.yaml': /, greeter \(GREETER_PORT\)/,
  'deploy/rendered/kubernetes/base/workloads.yaml': /^kind: Deployment\nmetadata:\n {2}name: greeter$/m,
  'deploy/rendered/kubernetes/base/network.yaml': /^kind: NetworkPolicy\nmetadata:\n {2}name: greeter$/m,
  'deploy/rendered/kubernetes/overlays/sandbox/kustomization.yaml': /^ {2}- name: greeter\n {4}count: 1$/m,
};

describe('entry of docs/own-services.md, put into the topology and removed again', function () {
  this.timeout(120_000);

  const copy = new KitCopy();
  const factsOf = () => factsSchema.parse(JSON.parse(copy.runModule(FACTS)));
  const look = () => ({ facts: factsOf(), files: copy.files(), config: copy.run('config').stdout });
  let without: ReturnType<typeof look>;
  before(() => {
    without = look();
  });
  after(() => copy[Symbol.dispose]());

  it('brings the port, the route of both gates, the plan and the health row, and takes them away', () => {
    copy.declare(documentedEntry());
    const { ports, routes, plans, health } = factsOf();
    assert.equal(ports.greeter, 8010);
    assert.match(copy.run('config').stdout, /^GREETER_PORT +8010 +default$/m);
    for (const gate of ['node', 'nginx'])
      assert.partialDeepStrictEqual(
        routes[gate]?.filter(({ service }) => service === 'greeter'),
        [{ prefix: '/greet', upstream: { host: '127.0.0.1', port: 8010 } }],
      );
    assert.deepEqual(plans.at(-1), {
      name: 'greeter',
      needs: ['gate'],
      readyPath: '/ready',
      file: 'python3',
      args: ['examples/python-service/server.py'],
      origin: { host: '127.0.0.1', port: 8010 },
    });
    assert.equal(health.greeter?.state, 'waiting');

    copy.declare();
    assert.deepEqual(factsOf(), without.facts);
    assert.equal(copy.run('config').stdout, without.config);
  });

  it('brings a place in each rendered file and table, and takes them away', () => {
    copy.declare(documentedEntry());
    assert.equal(copy.run('render').status, 0);
    const files = copy.files();
    const changed = Object.keys(files).filter((path) => files[path] !== without.files[path]);
    assert.deepEqual(changed.toSorted(), [...Object.keys(PLACES), 'config/topology.ts'].toSorted());
    for (const [path, place] of Object.entries(PLACES)) assert.match(files[path] ?? '', place, path);

    copy.declare();
    assert.equal(copy.run('render').status, 0);
    assert.deepEqual(copy.files(), without.files);
  });
});
