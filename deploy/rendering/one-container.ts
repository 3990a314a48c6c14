import { control, declaredPorts, type PortDeclaration, portOf, serviceWithRole, valueAt } from '#config';
import { type PlatformFacts, type PlatformName, Refusal, type RenderInput } from '../platform.ts';
import { declarationFaults } from './declaration-faults.ts';
import { choiceOf, runningServices } from './render-input.ts';

/** What one rule has against a kit, each with its remedy. */
type Rule = (input: RenderInput, facts: PlatformFacts) => readonly string[];

/** What holds on every platform that runs the kit as one container behind one port. */
const rules: readonly Rule[] = [
  gateBindsAll,
  onePublicService,
  oneBridge,
  portsAreFree,
  graceFits,
  bodiesPass,
  answersComeInTime,
  silenceIsBroken,
  dataLiesOnVolume,
  lossIsAccepted,
];

/** Throws Refusal with everything that speaks against a kit on a platform, `more` included. */
export function requireOneContainer(
  platform: PlatformName,
  input: RenderInput,
  facts: PlatformFacts,
  more: readonly string[] = [],
): void {
  const reasons = [
    ...declarationFaults(input, facts),
    ...rules.flatMap((rule) => rule(input, facts)),
    ...more,
  ];
  if (reasons.length > 0) throw new Refusal(platform, reasons);
}

function gateBindsAll({ config }: RenderInput): readonly string[] {
  const { host } = config.gate;
  if (host === '0.0.0.0') return [];
  return [
    `the gate binds ${host}, where the platform's router does not reach it: unset GATE_HOST, or set 0.0.0.0`,
  ];
}

function onePublicService({ services, config }: RenderInput): readonly string[] {
  const open = runningServices({ services, config }).filter(({ exposure }) => exposure === 'public');
  if (open.length === 1) return [];
  const names = open.map(({ name }) => name).join(', ') || 'none';
  return [
    `${open.length} services are public (${names}), and the platform has one port: leave one public, and give the others routes`,
  ];
}

function oneBridge({ services, config }: RenderInput): readonly string[] {
  const { entry: bridgeEntry } = serviceWithRole('whatsapp-session');
  const bridges = runningServices({ services, config }).filter(({ entry }) => entry === bridgeEntry);
  if (bridges.length < 2) return [];
  const names = bridges.map(({ name }) => name).join(' and ');
  return [
    `${names} are ${bridges.length} bridges on one WhatsApp login, of which WhatsApp throws one out: leave one in config/topology.ts, and deploy another kit for another number`,
  ];
}

function portsAreFree(input: RenderInput, { port, reservedPorts = [] }: PlatformFacts): readonly string[] {
  const holders = new Map<number, string>();
  // A port that the platform draws by lot is no number to compare with; PORT_AUTO moves the others away from it.
  if (port === 'chosen' || !input.config.portAuto) holders.set(input.config.ports.gate, 'PORT');
  const inner = internalPorts(input);
  const shared = inner.flatMap(({ env, number }) => {
    const holder = holders.get(number);
    holders.set(number, holder ?? env);
    return holder === undefined
      ? []
      : [`${env} and ${holder} are both ${number}: give one of them another port in config/topology.ts`];
  });
  const reserved = [{ env: 'PORT', number: input.config.ports.gate }, ...inner]
    .filter(({ number }) => reservedPorts.includes(number))
    .map(
      ({ env, number }) =>
        `${env} is ${number}, which the platform keeps for itself: give it another port in settings`,
    );
  return [...shared, ...reserved];
}

function internalPorts({ services, config }: RenderInput): { env: string; number: number }[] {
  const numberOf = (name: string, port: PortDeclaration) =>
    declaredPorts().some((declared) => declared.name === name) ? portOf(config, name) : port.default;
  const others = runningServices({ services, config }).filter(({ exposure }) => exposure !== 'public');
  return [
    ...others.flatMap(({ name, port, extraPort }) => [
      { env: port.env, number: numberOf(name, port) },
      ...(extraPort === undefined
        ? []
        : [{ env: extraPort.env, number: numberOf(extraPort.name, extraPort) }]),
    ]),
    { env: control.port.env, number: portOf(config, control.name) },
  ];
}

function graceFits(
  { config }: RenderInput,
  { stopGraceMs, mostStopGraceMs }: PlatformFacts,
): readonly string[] {
  const { graceMs, drainMs } = config.stop;
  const most = mostStopGraceMs ?? stopGraceMs;
  return [
    ...(graceMs > most
      ? [
          `STOP_GRACE_MS=${graceMs} is more than the ${most} ms that the platform grants: lower it, and DRAIN_MS`,
        ]
      : []),
    ...(drainMs >= graceMs
      ? [
          `DRAIN_MS=${drainMs} leaves nothing of STOP_GRACE_MS=${graceMs}, after which the platform kills: lower it`,
        ]
      : []),
  ];
}

function bodiesPass({ config }: RenderInput, { mostBodyBytes }: PlatformFacts): readonly string[] {
  if (mostBodyBytes === undefined) return [];
  const limits = [
    ['GATE_MAX_BODY_BYTES', config.gate.maxBodyBytes],
    ['MEDIA_MAX_BYTES', config.outbox.mediaMaxBytes],
  ] as const;
  return limits
    .filter(([, bytes]) => bytes > mostBodyBytes)
    .map(
      ([name, bytes]) =>
        `${name}=${bytes} promises more than the ${mostBodyBytes} bytes that the platform lets through: lower it; larger media go by URL`,
    );
}

function answersComeInTime({ config }: RenderInput, { mostFirstByteMs }: PlatformFacts): readonly string[] {
  const { sendWaitMs } = config.session;
  if (mostFirstByteMs === undefined || sendWaitMs < mostFirstByteMs) return [];
  return [
    `SEND_WAIT_MS=${sendWaitMs} answers after the ${mostFirstByteMs} ms at which the platform gives up, and a client that repeats its send may double it: lower it`,
  ];
}

function silenceIsBroken({ config }: RenderInput, { edgeIdleMs }: PlatformFacts): readonly string[] {
  const { pingMs } = config.gate;
  if (edgeIdleMs === undefined || (pingMs > 0 && pingMs < edgeIdleMs)) return [];
  return [
    `GATE_WS_PING_MS=${pingMs} lets WebSockets be silent for the ${edgeIdleMs} ms after which the platform cuts them: set it lower`,
  ];
}

function dataLiesOnVolume({ config }: RenderInput, { disk }: PlatformFacts): readonly string[] {
  if (disk !== 'volume') return [];
  const folders = [
    ['SESSIONS_DIR', 'session.folder'],
    ['STORE_DIR', 'store.folder'],
  ] as const;
  return folders.flatMap(([name, path]) => {
    const folder = String(valueAt(config, path));
    return folder === config.dataDir || folder.startsWith(`${config.dataDir}/`)
      ? []
      : [
          `${name}=${folder} lies beside the one volume at DATA_DIR=${config.dataDir}, and is lost with the container: unset it`,
        ];
  });
}

/** Where the disk goes with the container, something else must keep the data, or the operator must accept the loss. */
function lossIsAccepted(input: RenderInput, { disk }: PlatformFacts): readonly string[] {
  if (disk === 'volume') return [];
  const { profile } = input.config;
  const { accepts = [], share } = choiceOf(input);
  const keepsMessages = input.deployment.secrets.includes('DATABASE_URL');
  const keepsLogin = share !== undefined || accepts.includes('login-lost-at-restart');
  return [
    ...(keepsMessages
      ? []
      : [
          `its disk goes with the container, and with it every message that was accepted: keep them in PostgreSQL, with DATABASE_URL in platforms.${profile}.secrets`,
        ]),
    ...(keepsLogin
      ? []
      : [
          `its disk goes with the container, and with it the WhatsApp login: accept that the phone is linked anew after each restart, with 'login-lost-at-restart' in platforms.${profile}.accepts, or choose a platform with a volume`,
        ]),
  ];
}
