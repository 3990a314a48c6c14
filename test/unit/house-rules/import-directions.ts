/** What every service may import. */
const SHARED = ['config', 'services/contract', 'services/runtime'];
/** What every folder of the gate may import: of the gate itself, the contract and the files beside the folders. */
const GATE_CORE = [...SHARED, 'services/gate/contract', 'services/gate'];
/** What every folder of the bridge may import: of the bridge itself, the files beside the folders (limits, deadline). */
const BRIDGE_CORE = ['services/contract', 'services/runtime', 'services/bridge'];

/**
 * The parts of the kit, and which other parts each may import. The longest name that a path starts with is its part. A
 * service imports no other service: services talk HTTP. An entry file joins parts, so one pair is listed by its file.
 */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  config: [],
  'services/contract': [],
  'services/runtime': ['config', 'services/contract'],
  'services/gate/contract': SHARED,
  nginx: [...SHARED, 'services/gate/contract'],
  'services/gate/main.ts': ['config', 'services/runtime', 'services/gate/contract', 'services/gate', 'nginx'],
  'services/gate/admission': GATE_CORE,
  'services/gate/connections': GATE_CORE,
  'services/gate/answer': [...GATE_CORE, 'services/gate/connections'],
  'services/gate/forward': [
    ...GATE_CORE,
    'services/gate/admission',
    'services/gate/connections',
    'services/gate/answer',
  ],
  'services/gate/upgrade': [
    ...GATE_CORE,
    'services/gate/admission',
    'services/gate/connections',
    'services/gate/answer',
    'services/gate/forward',
  ],
  'services/gate': [
    ...GATE_CORE,
    'services/gate/admission',
    'services/gate/connections',
    'services/gate/answer',
    'services/gate/forward',
    'services/gate/upgrade',
  ],
  'services/api/store/migrations.ts': [],
  'services/api/store': [...SHARED, 'services/api/store/migrations.ts'],
  'services/api/store/retention': [...SHARED, 'services/api/store'],
  'services/api/outbound': SHARED,
  'services/api/media': [...SHARED, 'services/api/outbound', 'services/api/store'],
  'services/api/events': [...SHARED, 'services/api/store'],
  'services/api/bridge-client.ts': SHARED,
  'services/api/account': [...SHARED, 'services/api/store'],
  'services/api/people': [
    ...SHARED,
    'services/api/account',
    'services/api/bridge-client.ts',
    'services/api/events',
    'services/api/store',
  ],
  'services/api/outbox': [
    ...SHARED,
    'services/api/account',
    'services/api/bridge-client.ts',
    'services/api/events',
    'services/api/people',
    'services/api/store',
  ],
  'services/api/events/repetitions.ts': [
    ...SHARED,
    'services/api/events',
    'services/api/people',
    'services/api/store',
  ],
  'services/api/events/intake.ts': [
    ...SHARED,
    'services/api/account',
    'services/api/events',
    'services/api/events/repetitions.ts',
    'services/api/outbox',
    'services/api/people',
    'services/api/store',
  ],
  'services/api/messages': [
    ...SHARED,
    'services/api/account',
    'services/api/bridge-client.ts',
    'services/api/people',
    'services/api/events',
    'services/api/media',
    'services/api/outbox',
    'services/api/store',
  ],
  'services/api/sessions': [
    ...SHARED,
    'services/api/account',
    'services/api/bridge-client.ts',
    'services/api/people',
    'services/api/outbox',
    'services/api/store',
  ],
  'services/api/webhooks': [...SHARED, 'services/api/events', 'services/api/outbound', 'services/api/store'],
  'services/api': [
    ...SHARED,
    'services/api/bridge-client.ts',
    'services/api/events',
    'services/api/events/intake.ts',
    'services/api/media',
    'services/api/messages',
    'services/api/outbox',
    'services/api/people',
    'services/api/sessions',
    'services/api/store',
    'services/api/store/retention',
    'services/api/webhooks',
  ],
  'services/bridge/page': BRIDGE_CORE,
  'services/bridge/page/compat': [...BRIDGE_CORE, 'services/bridge/page'],
  'services/bridge/session': [...BRIDGE_CORE, 'services/bridge/page'],
  'services/bridge/send': [...BRIDGE_CORE, 'services/bridge/page', 'services/bridge/session'],
  'services/bridge/events': [...BRIDGE_CORE, 'services/bridge/page', 'services/bridge/session'],
  'services/bridge/watchdog': [...BRIDGE_CORE, 'services/bridge/page', 'services/bridge/session'],
  'services/bridge': [
    ...BRIDGE_CORE,
    'services/bridge/page',
    'services/bridge/page/compat',
    'services/bridge/session',
    'services/bridge/send',
    'services/bridge/events',
    'services/bridge/watchdog',
  ],
  'services/sandbox/web': [],
  'services/sandbox/phone-page': [],
  'services/sandbox/http': SHARED,
  'services/sandbox/phone': [...SHARED, 'services/sandbox/web'],
  'services/sandbox/control': [
    ...SHARED,
    'services/sandbox/http',
    'services/sandbox/phone',
    'services/sandbox/web',
  ],
  'services/sandbox/site': [...SHARED, 'services/sandbox/http', 'services/sandbox/phone'],
  'services/sandbox': [
    ...SHARED,
    'services/sandbox/control',
    'services/sandbox/phone',
    'services/sandbox/site',
    'services/sandbox/web',
  ],
  'services/supervisor': SHARED,
  operate: SHARED,
  'operate/rehearse': SHARED,
  // The one place that runs services in its own process: what it proves needs their insides.
  'operate/rehearse/start': [
    ...SHARED,
    'operate/rehearse',
    'services/bridge',
    'services/bridge/page',
    'services/sandbox',
    'services/sandbox/web',
  ],
  deploy: [...SHARED, 'operate'],
  cli: [
    'config',
    'deploy',
    'operate',
    'operate/rehearse',
    'operate/rehearse/start',
    'services/bridge/page/compat',
    'services/contract',
    'services/runtime',
    'services/gate/contract',
    'services/supervisor',
  ],
  bin: ['cli'],
};

/** The part that a file belongs to; undefined when the table names none. */
export function partOf(path: string): string | undefined {
  const parts = Object.keys(MAY_IMPORT).filter((part) => path === part || path.startsWith(`${part}/`));
  return parts.toSorted((one, other) => other.length - one.length)[0];
}
