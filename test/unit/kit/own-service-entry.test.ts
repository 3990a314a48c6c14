import assert from 'node:assert/strict';
import { documentedEntry, KitCopy } from '../../support/kit/kit-copy.ts';
import * as kit from '../../support/kit/service-facts.ts';

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

describe('entry of docs/own-services.md, put into the topology', () => {
  const copy = new KitCopy();
  let own: typeof kit;
  before(async () => {
    copy.declare(documentedEntry());
    own = await copy.loadFacts();
  });
  after(() => copy[Symbol.dispose]());

  it('brings the port, the route of both gates, the plan and the health row, and changes nothing else', () => {
    const { ports, settings, routes, plans, health } = own.facts;
    const isOwn = ({ service }: { service: string }) => service === 'greeter';
    assert.deepEqual(ports, { ...kit.facts.ports, greeter: 8010 });
    const setting = { variable: 'GREETER_PORT', value: 8010, origin: 'default' };
    assert.deepEqual(
      settings.filter(({ variable }) => variable === 'GREETER_PORT'),
      [setting],
    );
    assert.deepEqual(
      settings.filter(({ variable }) => variable !== 'GREETER_PORT'),
      kit.facts.settings,
    );
    for (const gate of ['node', 'nginx']) {
      assert.partialDeepStrictEqual(routes[gate]?.filter(isOwn), [
        { prefix: '/greet', upstream: { host: '127.0.0.1', port: 8010 } },
      ]);
      assert.deepEqual(
        routes[gate]?.filter((route) => !isOwn(route)),
        kit.facts.routes[gate],
      );
    }
    assert.deepEqual(plans.at(-1), {
      name: 'greeter',
      needs: ['gate'],
      readyPath: '/ready',
      file: 'python3',
      args: ['examples/python-service/server.py'],
      origin: { host: '127.0.0.1', port: 8010 },
    });
    assert.deepEqual(
      plans.slice(0, -1).map(({ name }) => name),
      kit.facts.plans.map(({ name }) => name),
    );
    assert.deepEqual(health, { ...kit.facts.health, greeter: { state: 'waiting' } });
  });

  it('brings a place in each rendered file and table, and leaves no trace when it is removed', () => {
    const without = kit.makeFiles();
    const withEntry = own.makeFiles();
    const changed = [...withEntry.keys()].filter((file) => withEntry.get(file) !== without.get(file));
    assert.deepEqual(changed.toSorted(), Object.keys(PLACES).toSorted());
    for (const [file, place] of Object.entries(PLACES)) assert.match(withEntry.get(file) ?? '', place, file);

    assert.deepEqual(
      kit.makeFiles(undefined, (file) => withEntry.get(file) ?? ''),
      without,
    );
  });
});
