import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  ConfigError,
  explainConfig,
  type Loaded,
  loadConfig,
  sensitiveVariables,
  toEnvironment,
} from '#config';

const empty = mkdtempSync(join(tmpdir(), 'gatehouse-config-'));
const load = (env: Record<string, string> = {}, commandLine = {}, folder = empty): Loaded =>
  loadConfig({ env, commandLine, folder });

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    load(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

after(() => rmSync(empty, { recursive: true }));

describe('config, by precedence', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-config-'));
  before(() => writeFileSync(join(folder, '.env'), 'PORT=9003\nLOG_LEVEL=warn\n'));
  after(() => rmSync(folder, { recursive: true }));

  it('takes the command line, then the environment, then .env, then the profile, then the default', () => {
    assert.equal(load({ PORT: '9002' }, { PORT: '9001' }, folder).config.ports.gate, 9001);
    assert.equal(load({ PORT: '9002' }, {}, folder).config.ports.gate, 9002);
    assert.equal(load({ PORT: '' }, {}, folder).config.ports.gate, 9003);
    assert.equal(
      load({ GATEHOUSE_PROFILE: 'render', API_KEYS: 'k9f86d081884c7d659a2feaa' }).config.ports.gate,
      8080,
    );
    assert.equal(load().config.ports.gate, 8001);
  });

  it('tells where each value came from, and shows no secret', () => {
    const key = 'k9f86d081884c7d659a2feaa';
    const rows = explainConfig(load({ API_KEYS: key, BRIDGE_PORT: '9100' }, { PORT: '9001' }, folder));
    const originOf = (variable: string) => rows.find((row) => row.variable === variable)?.origin;
    assert.equal(originOf('PORT'), 'command line');
    assert.equal(originOf('LOG_LEVEL'), '.env');
    assert.equal(originOf('WHATSAPP_BRIDGE_PORT'), 'environment (BRIDGE_PORT)');
    assert.equal(originOf('API_PORT'), 'default');
    assert.ok(!JSON.stringify(rows).includes(key));
  });
});

describe('config, of a fallback chain', () => {
  it('takes WHATSAPP_BRIDGE_PORT, else BRIDGE_PORT, else 8002', () => {
    assert.equal(load({ WHATSAPP_BRIDGE_PORT: '9100', BRIDGE_PORT: '9200' }).config.ports.bridge, 9100);
    assert.equal(load({ BRIDGE_PORT: '9200' }).config.ports.bridge, 9200);
    assert.equal(load({ WHATSAPP_BRIDGE_PORT: '', BRIDGE_PORT: '9200' }).config.ports.bridge, 9200);
    assert.equal(load({ WHATSAPP_BRIDGE_PORT: '', BRIDGE_PORT: '' }).config.ports.bridge, 8002);
  });

  it('warns with both names when both are set and differ, and only then', () => {
    assert.deepEqual(load({ WHATSAPP_BRIDGE_PORT: '9100', BRIDGE_PORT: '9200' }).warnings, [
      'WHATSAPP_BRIDGE_PORT=9100 and BRIDGE_PORT=9200 differ: WHATSAPP_BRIDGE_PORT wins; remove BRIDGE_PORT',
    ]);
    assert.deepEqual(load({ WHATSAPP_BRIDGE_PORT: '9100', BRIDGE_PORT: '9100' }).warnings, []);
  });
});

describe('config, of a platform', () => {
  for (const [variable, profile] of [
    ['RAILWAY_ENVIRONMENT_NAME', 'railway'],
    ['RENDER', 'render'],
    ['FLY_APP_NAME', 'fly'],
    ['DYNO', 'heroku'],
    ['K_SERVICE', 'cloudrun'],
  ] as const) {
    it(`knows ${profile} by ${variable}: binds 0.0.0.0 on 8080 and wants keys`, () => {
      assert.match(problemsOf({ [variable]: 'x' })[0] ?? '', /^API_KEYS/);
      const { config } = load({ [variable]: 'x', API_KEYS: 'k9f86d081884c7d659a2feaa' });
      assert.equal(config.profile, profile);
      assert.equal(config.gate.host, '0.0.0.0');
      assert.equal(config.ports.gate, 8080);
      assert.ok(config.stop.drainMs < config.stop.graceMs);
    });
  }

  it('knows by GATEHOUSE_IMAGE that it runs in its image, which a platform that makes itself known outranks', () => {
    const inImage = { GATEHOUSE_IMAGE: 'true', API_KEYS: 'k9f86d081884c7d659a2feaa' };
    assert.equal(load(inImage).config.profile, 'docker');
    assert.equal(load({ ...inImage, K_SERVICE: 'kit' }).config.profile, 'cloudrun');
    assert.equal(load({ ...inImage, DYNO: 'web.1' }).config.profile, 'heroku');
  });

  it('lets GATEHOUSE_PROFILE override what it detects', () => {
    assert.equal(load({ RENDER: 'true', GATEHOUSE_PROFILE: 'local' }).config.profile, 'local');
  });

  it('names the service links of Kubernetes for what they are: no port', () => {
    assert.match(problemsOf({ API_PORT: 'tcp://10.0.0.1:8003' })[0] ?? '', /enableServiceLinks: false/);
  });
});

describe('config, of ports', () => {
  it('takes any whole number from 1 to 65535 in plain digits, and refuses every other text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.integer({ min: -10, max: 70_000 }).map(String), fc.float().map(String)),
        (text) => {
          const good = /^[1-9][0-9]{0,4}$/.test(text) && Number(text) <= 65_535;
          const problems = problemsOf({ PORT: text, PORT_AUTO: 'true' });
          assert.equal(problems.length === 0, good || text === '', `${JSON.stringify(text)}: ${problems}`);
        },
      ),
    );
  });

  it('lets a default of its own give way where it may move, and refuses the clash where it may not', () => {
    assert.deepEqual(problemsOf({ PORT: '8003' }), []);
    assert.match(
      problemsOf({ PORT: '8003', PORT_AUTO: 'no' })[0] ?? '',
      /^API_PORT \(ports\.api\) is the port of PORT too/,
    );
    assert.match(problemsOf({ PORT: '9100', API_PORT: '9100' })[0] ?? '', /^API_PORT/);
  });

  it('counts the ports of the sandbox only when it runs', () => {
    assert.deepEqual(problemsOf({ PORT: '9100', SANDBOX_PORT: '9100' }), []);
    assert.equal(problemsOf({ PORT: '9100', SANDBOX_PORT: '9100', WHATSAPP: 'sandbox' }).length, 1);
  });
});

describe('config, of values together', () => {
  it('names a profile that does not exist, and goes on looking', () => {
    const problems = problemsOf({ GATEHOUSE_PROFILE: 'foo', PORT: 'x', STOP_GRACE_MS: '5000' });
    assert.match(problems.join('\n'), /^GATEHOUSE_PROFILE \(profile\) is "foo": must be one of/m);
    assert.match(problems.join('\n'), /^PORT /m);
    assert.match(problems.join('\n'), /^DRAIN_MS \(stop\.drainMs\) must be less than STOP_GRACE_MS=5000/m);
  });

  it('refuses nothing where nothing would break the kit', () => {
    for (const variable of [
      'GATE_MAX_CONNECTIONS',
      'GATE_HEADER_TIMEOUT_MS',
      'START_TIMEOUT_MS',
      'BRIDGE_INIT_TIMEOUT_MS',
    ]) {
      assert.match(
        problemsOf({ [variable]: '0' })[0] ?? '',
        new RegExp(`^${variable} .*: must be a whole number from 1 to`),
      );
    }
    assert.deepEqual(problemsOf({ GATE_HOLD_MS: '0', SEND_WAIT_MS: '0', TRUSTED_PROXY_HOPS: '0' }), []);
  });

  it('keeps the limit of a send below that of the gate', () => {
    assert.match(
      problemsOf({ SEND_TIMEOUT_MS: '60000' })[0] ?? '',
      /^GATE_UPSTREAM_TIMEOUT_MS .* must be at least 80000 milliseconds/,
    );
    assert.deepEqual(problemsOf({ SEND_TIMEOUT_MS: '60000', GATE_UPSTREAM_TIMEOUT_MS: '90000' }), []);
  });

  it('reaches the services where they bind', () => {
    const { internal } = load({ INTERNAL_HOST: '::1' }).config;
    assert.deepEqual([internal.apiHost, internal.bridgeHost], ['::1', '::1']);
  });
});

describe('config, of flags', () => {
  it('reads 0 and no as false, which convict itself reads as true', () => {
    for (const text of ['0', 'no', 'off', 'false'])
      assert.equal(load({ PORT_AUTO: text }).config.portAuto, false);
    for (const text of ['1', 'yes', 'on', 'true'])
      assert.equal(load({ PORT_AUTO: text }).config.portAuto, true);
    for (const text of ['TRUE', '2', 'y', ' 1'])
      assert.equal(problemsOf({ PORT_AUTO: text }).length, 1, text);
  });
});

describe('config, of names that nobody reads', () => {
  it('suggests what was meant', () => {
    assert.match(problemsOf({ WHATSAPP_BRIGE_PORT: '1' })[0] ?? '', /did you mean WHATSAPP_BRIDGE_PORT/);
    assert.match(problemsOf({ SANDBOX_PROT: '1' })[0] ?? '', /did you mean SANDBOX_PORT/);
  });

  it('leaves other programs their variables', () => {
    assert.deepEqual(
      problemsOf({
        APP_PORT: '1',
        HOST: 'x',
        PORTS: 'x',
        DATE: 'x',
        API_KEY: 'x',
        LOGLEVEL: 'x',
        npm_config_port: 'x',
      }),
      [],
    );
  });
});

describe('config, handed to a child', () => {
  it('settles to the same values there, whatever the parent was told', () => {
    const { config } = load(
      {
        BRIDGE_PORT: '9200',
        API_KEYS: `${'a'.repeat(24)},${'b'.repeat(24)}`,
        GATE_MAX_BODY_BYTES: '2MiB',
        PORT_AUTO: 'no',
      },
      { PORT: '9001' },
    );
    const handed = Object.fromEntries(
      Object.entries(toEnvironment(config, [...sensitiveVariables()])).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      ),
    );
    assert.deepEqual(load(handed).config, config);
  });

  it('does not look at a .env file again: what was empty stays empty', () => {
    const handed = Object.fromEntries(
      Object.entries(toEnvironment(load().config, [...sensitiveVariables()])).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      ),
    );
    const other = mkdtempSync(join(tmpdir(), 'gatehouse-config-'));
    writeFileSync(join(other, '.env'), `API_KEYS=k9f86d081884c7d659a2feaa\nPORT=oops\n`);
    assert.deepEqual(load(handed, {}, other).config.apiKeys, []);
    rmSync(other, { recursive: true });
  });
});
