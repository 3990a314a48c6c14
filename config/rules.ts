import { isLoopback } from './formats.ts';
import { asksForKeys } from './keys/keys-file.ts';
import { isWeakSecret } from './keys/weak-secrets.ts';
import { findNginx } from './nginx-binary.ts';
import { profiles } from './profiles.ts';
import type { Config } from './schema.ts';
import { declaredHosts, declaredPorts, isOn } from './service-lookup.ts';
import type { Resolved } from './sources.ts';

/** What a rule looks at: the values, where each came from, and which of them are already known to be bad. */
export interface Settled {
  readonly config: Config;
  readonly resolved: ReadonlyMap<string, Resolved>;
  readonly bad: ReadonlySet<string>;
}

/** What is wrong with a setting, and what to do. `path` names it in the schema. */
export interface Finding {
  readonly path: string;
  readonly message: string;
}

export type Rule = (settled: Settled) => Finding[];

/** The rules between settings. Each looks only at values that are good by themselves. */
export const rules: readonly Rule[] = [
  portsDiffer,
  internalHostsAreLoopback,
  publicBindHasKeys,
  secretsAreStrong,
  sandboxIsMeant,
  drainFitsGrace,
  hostsShareSecret,
  sendFitsGate,
  idleOutlivesPing,
  nginxIsThere,
];

function portsDiffer({ config, resolved, bad }: Settled): Finding[] {
  const used = declaredPorts().filter(({ name, owner }) => !bad.has(`ports.${name}`) && isOn(owner, config));
  return used.flatMap((one, index) => {
    const { name, port } = one;
    const path = `ports.${name}`;
    const holder = used.slice(0, index).find((earlier) => config.ports[earlier.name] === config.ports[name]);
    if (holder === undefined) return [];
    // A port that nobody set gives way when it may move; the supervisor moves it at start.
    const mayMove = (candidate: typeof one) =>
      config.portAuto && !candidate.isPublic && isDefault(resolved, `ports.${candidate.name}`);
    if (mayMove(one) || mayMove(holder)) return [];
    return [
      {
        path,
        message: `is the port of ${holder.port.env} too: give ${port.env} and ${holder.port.env} ports of their own`,
      },
    ];
  });
}

function isDefault(resolved: ReadonlyMap<string, Resolved>, path: string): boolean {
  const origin = resolved.get(path)?.origin;
  return origin === 'default' || origin === 'profile';
}

function internalHostsAreLoopback({ config, bad }: Settled): Finding[] {
  if (profiles[config.profile].spansHosts) return [];
  const names = ['host' as const, ...declaredHosts().map(({ name }) => name)];
  return names
    .filter((name) => !bad.has(`internal.${name}`) && !isLoopback(config.internal[name]))
    .map((name) => ({
      path: `internal.${name}`,
      message: `must be a loopback address such as 127.0.0.1 in the profile ${config.profile}; only kubernetes spreads the services over hosts`,
    }));
}

function publicBindHasKeys({ config, bad }: Settled): Finding[] {
  if (bad.has('apiKeys') || bad.has('gate.host') || asksForKeys(config) || isLoopback(config.gate.host))
    return [];
  return [
    {
      path: 'apiKeys',
      message: `must be set, because the gate binds ${config.gate.host} and anyone could send: set API_KEYS to a key of at least 24 characters (openssl rand -hex 24), or GATE_HOST=127.0.0.1`,
    },
  ];
}

/** Where only this machine can call, a key of a tutorial does no harm. */
function secretsAreStrong({ config, bad }: Settled): Finding[] {
  if (bad.has('gate.host') || isLoopback(config.gate.host)) return [];
  const message = (what: string, bytes: number) =>
    `must not hold a ${what} that can be guessed, such as a pattern that repeats, a sequence or the example of a document: make one with: openssl rand -hex ${bytes}`;
  return [
    ...(!bad.has('apiKeys') && config.apiKeys.some(isWeakSecret)
      ? [{ path: 'apiKeys', message: message('key', 24) }]
      : []),
    ...(!bad.has('internal.secret') && config.internal.secret !== '' && isWeakSecret(config.internal.secret)
      ? [{ path: 'internal.secret', message: message('secret', 32) }]
      : []),
  ];
}

function sandboxIsMeant({ config, bad }: Settled): Finding[] {
  if (bad.has('whatsapp') || config.whatsapp !== 'sandbox' || config.profile === 'local') return [];
  if (!bad.has('sandbox.allowed') && !config.sandbox.allowed) {
    return [
      {
        path: 'whatsapp',
        message: `is not allowed in the profile ${config.profile}, where it would reach no phone: set WHATSAPP=real, or SANDBOX_ALLOWED=true if a sandbox is what you want`,
      },
    ];
  }
  const keyless = !bad.has('apiKeys') && !asksForKeys(config) && isLoopback(config.gate.host);
  return keyless
    ? [
        {
          path: 'apiKeys',
          message: `must be set for a sandbox in the profile ${config.profile}: set API_KEYS to a key of at least 24 characters (openssl rand -hex 24)`,
        },
      ]
    : [];
}

function drainFitsGrace({ config, bad }: Settled): Finding[] {
  if (bad.has('stop.drainMs') || bad.has('stop.graceMs') || config.stop.drainMs < config.stop.graceMs)
    return [];
  return [
    {
      path: 'stop.drainMs',
      message: `must be less than STOP_GRACE_MS=${config.stop.graceMs}, after which the platform kills: lower it, or raise the platform's grace and STOP_GRACE_MS`,
    },
  ];
}

function hostsShareSecret({ config, bad }: Settled): Finding[] {
  if (!profiles[config.profile].spansHosts || bad.has('internal.secret') || config.internal.secret !== '')
    return [];
  return [
    {
      path: 'internal.secret',
      message: `must be set and the same for every service in the profile ${config.profile}: openssl rand -hex 32`,
    },
  ];
}

/** The bridge and the api must be the ones to say what took too long: the gate cuts without knowing. */
const MARGIN_MS = 10_000;

function sendFitsGate({ config, bad }: Settled): Finding[] {
  const { sendTimeoutMs, sendWaitMs } = config.session;
  const needed = sendTimeoutMs + sendWaitMs + MARGIN_MS;
  if (['session.sendTimeoutMs', 'session.sendWaitMs', 'gate.upstreamTimeoutMs'].some((path) => bad.has(path)))
    return [];
  if (config.gate.upstreamTimeoutMs >= needed) return [];
  return [
    {
      path: 'gate.upstreamTimeoutMs',
      message: `must be at least ${needed} milliseconds: SEND_TIMEOUT_MS=${sendTimeoutMs} and SEND_WAIT_MS=${sendWaitMs} and ${MARGIN_MS} for the way; raise it, or lower those`,
    },
  ];
}

/** Twice the time between two pings of an event stream. */
const LEAST_IDLE_MS = 50_000;

function idleOutlivesPing({ config, bad }: Settled): Finding[] {
  if (bad.has('gate.idleTimeoutMs') || config.gate.idleTimeoutMs >= LEAST_IDLE_MS) return [];
  return [
    {
      path: 'gate.idleTimeoutMs',
      message: `must be at least ${LEAST_IDLE_MS} milliseconds, or it cuts every event stream between two pings`,
    },
  ];
}

function nginxIsThere({ config, bad }: Settled): Finding[] {
  if (bad.has('gate.kind') || config.gate.kind !== 'nginx') return [];
  const { nginxPath } = config.gate;
  if (findNginx(nginxPath) !== undefined) return [];
  return nginxPath === ''
    ? [
        {
          path: 'gate.kind',
          message:
            'needs nginx, and none was found: install it (Debian: apt-get install nginx-light), set NGINX_PATH, or unset GATE for the gate in TypeScript',
        },
      ]
    : [
        {
          path: 'gate.nginxPath',
          message: 'is no executable file: correct it, or unset it to have nginx found',
        },
      ];
}
