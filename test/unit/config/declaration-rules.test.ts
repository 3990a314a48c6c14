import assert from 'node:assert/strict';
import { control, deniedPrefixes, listSettings, type ServiceDeclaration, topology } from '#config';
import { declarationProblems } from '../../../config/topology-check/check.ts';
import type { Declarations } from '../../../config/topology-check/rules.ts';

const GREETER: ServiceDeclaration = {
  name: 'greeter',
  command: ['python3', 'examples/python-service/server.py'],
  port: { env: 'GREETER_PORT', default: 8010, doc: 'Greets.' },
  exposure: 'routed',
  routes: [{ prefix: '/greet' }],
  readyPath: '/ready',
  needs: ['gate'],
  critical: false,
  stopGraceMs: 3_000,
  kit: false,
};

function problemsOf(change: Partial<ServiceDeclaration>, more: Partial<Declarations> = {}): string[] {
  return declarationProblems({
    services: [...topology, { ...GREETER, ...change }],
    control,
    deniedPrefixes,
    settings: listSettings(),
    hasFile: (path) => path.startsWith('services/'),
    ...more,
  });
}

describe('declarations of the topology', () => {
  it('are good as the kit has them, and with a service of one’s own', () => {
    assert.deepEqual(problemsOf({}), []);
    assert.deepEqual(
      declarationProblems({
        services: topology,
        control,
        deniedPrefixes,
        settings: listSettings(),
        hasFile: () => true,
      }),
      [],
    );
  });

  it('take routes that are exact, that upgrade, that lie below those of another, and the root', () => {
    const routes = [
      { prefix: '/' },
      { prefix: '/api/greet', exact: true },
      { prefix: '/greet/live', upgrade: true },
      { prefix: '/.well-known/x' },
    ];
    assert.deepEqual(problemsOf({ routes }), []);
  });

  it('name each role that no service has', () => {
    const services = topology.filter(({ name }) => name === 'sandbox');
    const problems = problemsOf({}, { services });
    for (const role of ['public-port', 'messages', 'whatsapp-session'])
      assert.ok(
        problems.includes(
          `config/topology.ts: no service has the role ${role}: add role: '${role}' to the one that plays it`,
        ),
      );
  });

  const bad: readonly (readonly [what: string, change: Partial<ServiceDeclaration>, problem: RegExp])[] = [
    [
      'a name that is none',
      { name: 'My Service' },
      /the name "My Service" must be 1 to 32 lower-case letters/,
    ],
    ['a name twice', { name: 'api' }, /api and api have the name api/],
    ['the name of the supervisor', { name: 'supervisor' }, /have the name supervisor/],
    ['both entry and command', { entry: 'services/x.ts' }, /has both entry and command/],
    ['an empty command', { command: [] }, /has an empty command/],
    [
      'a program that is no file',
      { command: ['./greeter'] },
      /runs "\.\/greeter", and there is no such file/,
    ],
    ['a program that is given the secrets', { kit: true }, /is run by a command and has kit: true/],
    [
      'a program that wants a secret',
      { secrets: ['API_KEYS'] },
      /has secrets and kit: false: remove secrets/,
    ],
    ['no route', { routes: [] }, /is routed and has no routes: add one, such as \{ prefix: '\/greeter' \}/],
    ['a route that nobody may take', { exposure: 'internal' }, /has routes and is internal/],
    ['a second gate', { exposure: 'public', routes: [] }, /is public, and only the gate can be/],
    ['a role of another', { role: 'messages' }, /api and greeter have the role messages/],
    ['a role of the gate', { role: 'public-port' }, /greeter is routed: it must be public, as it owns PORT/],
    ['a route of another', { routes: [{ prefix: '/api' }] }, /api and greeter have the route \/api/],
    [
      'a route twice',
      { routes: [{ prefix: '/greet' }, { prefix: '/greet', exact: true }] },
      /greeter and greeter have the route/,
    ],
    ['a route inside', { routes: [{ prefix: '/internal/greet' }] }, /the gate refuses all below \/internal/],
    [
      'a route inside, in capitals',
      { routes: [{ prefix: '/Bridge' }] },
      /the gate refuses all below \/bridge/,
    ],
    ['the route of the health page', { routes: [{ prefix: '/health' }] }, /which the kit answers itself/],
    ...[
      'greet',
      '/greet/',
      '//greet',
      '/a/../b',
      '/gr%65et',
      '/greet;x',
      '/gr eet',
      '',
      '/.',
      '/grüß',
      '/$1',
      '/a"b',
    ].map(
      (prefix) =>
        [
          `the route ${JSON.stringify(prefix)}`,
          { routes: [{ prefix }] },
          /which no request can match/,
        ] as const,
    ),
    ['a ready path without a slash', { readyPath: 'ready' }, /readyPath "ready": it must begin with \//],
    [
      'an unknown need',
      { needs: ['gate', 'databse'] },
      /needs "databse", which is no service: there are gate, bridge, api, sandbox, greeter/,
    ],
    ['a need of itself', { needs: ['greeter'] }, /greeter need each other in a circle/],
    [
      'variables for nobody',
      { provides: { apu: { X: '1' } } },
      /provides variables to "apu", which is no service/,
    ],
    [
      'the variable of another port',
      { port: { ...GREETER.port, env: 'API_PORT' } },
      /api and greeter have the variable API_PORT/,
    ],
    [
      'the public PORT',
      { port: { ...GREETER.port, env: 'PORT' } },
      /gate and greeter have the variable PORT/,
    ],
    [
      'a fallback of another',
      { port: { ...GREETER.port, fallbacks: ['BRIDGE_PORT'] } },
      /bridge and greeter have the variable BRIDGE_PORT/,
    ],
    [
      'a variable that is something else',
      { port: { ...GREETER.port, env: 'PATH' } },
      /port variable "PATH": it must be of capitals, digits and _, and end in PORT/,
    ],
    [
      'the default port of another',
      { port: { ...GREETER.port, default: 8003 } },
      /api and greeter have the default port 8003/,
    ],
    ['a port that is none', { port: { ...GREETER.port, default: 80_000 } }, /default port 80000/],
    ['no time to stop', { stopGraceMs: 0 }, /stopGraceMs 0/],
    [
      'more time at least than at most',
      { leastStopMs: 4_000 },
      /leastStopMs 4000, more than its stopGraceMs 3000/,
    ],
  ];
  for (const [what, change, problem] of bad) {
    it(`refuse ${what}`, () => {
      const problems = problemsOf(change);
      assert.match(problems.join('\n'), problem);
      for (const line of problems)
        assert.match(line, /^config\/topology\.ts: .*: |^config\/topology\.ts: the name/);
    });
  }

  it('refuse nothing to run, and an entry that is no file', () => {
    const { command, ...idle } = GREETER;
    assert.notEqual(command, undefined);
    const of = (service: ServiceDeclaration) => problemsOf({}, { services: [...topology, service] }).join();
    assert.match(of(idle), /greeter has neither entry nor command: name what is to be run/);
    assert.match(of({ ...idle, entry: 'greeter.ts' }), /entry "greeter\.ts", and there is no such file/);
  });

  it('refuse services that wait for each other, by name', () => {
    const other = {
      ...GREETER,
      name: 'other',
      routes: [{ prefix: '/other' }],
      port: { ...GREETER.port, env: 'OTHER_PORT', default: 8011 },
    };
    const services = [...topology, { ...GREETER, needs: ['other'] }, { ...other, needs: ['greeter'] }];
    assert.deepEqual(problemsOf({}, { services }), [
      'config/topology.ts: greeter, other need each other in a circle, so that none would ever start: remove one of those needs',
    ]);
  });

  it('tell everything at once', () => {
    const problems = problemsOf({
      name: 'X',
      routes: [{ prefix: '/api' }],
      needs: ['nobody'],
      readyPath: '',
      stopGraceMs: -1,
    });
    assert.equal(problems.length, 5, problems.join('\n'));
  });
});
