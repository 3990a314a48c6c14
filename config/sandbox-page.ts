/** The editions of the page that the sandbox models, oldest first. */
const EDITIONS = ['2026-06', '2026-08', '2026-09'];

/** The switches of `SANDBOX_PAGE` with their types. A test compares them with those of the sandbox. */
export const SANDBOX_SWITCHES: Readonly<Record<string, 'flag' | 'number' | 'text' | 'list'>> = {
  addMs: 'number',
  bootDelayMs: 'number',
  busyMs: 'number',
  deaf: 'list',
  debugDelayMs: 'number',
  deliversDuplicates: 'flag',
  deviceAckMs: 'number',
  hiddenNumbers: 'list',
  historyMs: 'number',
  late: 'list',
  lateMs: 'number',
  lidChats: 'flag',
  logoutNavMs: 'number',
  mode: 'text',
  numberChats: 'list',
  offlineDeliveryMs: 'number',
  onboarding: 'flag',
  openingMs: 'number',
  pairMs: 'number',
  pairReloadMs: 'number',
  passkey: 'flag',
  passkeyCode: 'flag',
  playedAckMs: 'number',
  previewMs: 'number',
  qrCount: 'number',
  qrEveryMs: 'number',
  readAckMs: 'number',
  resist: 'flag',
  serverAckMs: 'number',
  storeMs: 'number',
  syncMs: 'number',
  unsupported: 'flag',
  uploadMs: 'number',
  usyncError: 'number',
  version: 'text',
  without: 'list',
  withoutExports: 'list',
};

/**
 * Reads `SANDBOX_PAGE`: an edition, then switches, as in `2026-09,lidChats,busyMs=500`. A switch without a value is true; a
 * list separates its items with `+`. Returns the fields by name, with the edition as `edition`. Throws an error with the
 * remedy.
 */
export function readSandboxPage(text: string): Readonly<Record<string, unknown>> {
  const [edition = '', ...switches] = text.split(',');
  if (!EDITIONS.includes(edition))
    throw new Error(`must begin with an edition (${EDITIONS.join(', ')}), as in 2026-09,lidChats,busyMs=500`);
  return Object.fromEntries([['edition', edition], ...switches.map(readSwitch)]);
}

function readSwitch(text: string): [string, unknown] {
  const [name = '', value = 'true'] = text.split('=');
  const type = Object.hasOwn(SANDBOX_SWITCHES, name) ? SANDBOX_SWITCHES[name] : undefined;
  if (type === undefined)
    throw new Error(`has no switch "${name}"; there are ${Object.keys(SANDBOX_SWITCHES).join(', ')}`);
  if (type === 'list') return [name, value.split('+')];
  if (type === 'text') return [name, value];
  if (type === 'number' && /^-?\d{1,9}$/.test(value)) return [name, Number(value)];
  if (type === 'flag' && /^(true|false)$/.test(value)) return [name, value === 'true'];
  throw new Error(`gives "${value}" for ${name}, which is a ${type}`);
}
