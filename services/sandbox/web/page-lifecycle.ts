import { commands, runCommand } from './commands.ts';
import { keepBusy } from './life/busy.ts';
import { hideCodes, showCodes, turnCode } from './life/codes.ts';
import { forgetOnboarding, isDialogOpen, showOnboarding } from './life/dialog.ts';
import { askForPasskey, closeScreen, compareCodes } from './life/passkey.ts';
import { SocketLoop } from './life/socket-loop.ts';
import { addressAfterLogout } from './logout-reasons.ts';
import { hydrate } from './messages.ts';
import { loadLateModules } from './modules/registry.ts';
import { sleep } from './objects/emitter.ts';
import { createWid } from './objects/ids.ts';
import { call, callInTurn, openStream, tell } from './phone-connection.ts';
import { parsePolicy } from './policy.ts';
import { resumeSends } from './sends/stanza-queue.ts';
import { forgetSession, keepSession, readSession } from './session.ts';
import { current } from './settings.ts';
import { actions, Cmd, Conn, me, Socket } from './socket.ts';
import { type Device, parseDevice, textOf } from './wire.ts';

/** The server is asked to unlink this device for at most so long. Source: `WAWebSocketModel` (jigger@0fbd5e1a). */
const LOGOUT_LIMIT_MS = 3_000;

let device: Device | undefined;
/** The device was linked in this load, and its history has not arrived. */
let isNew = false;
let isKnown = false;

const loop = new SocketLoop({ dial, onOpen: logIn });

/** From the load of the page to a code or, with a login that the phone still knows, to the main screen. It waits for no listener. */
export async function start(): Promise<void> {
  await sleep(current.settings.bootDelayMs);
  Socket.on('change:state change:stream', () =>
    tell('state', { state: Socket.state, stream: Socket.stream }),
  );
  Socket.on('change:state', (_socket, state) => {
    if (state !== 'UNPAIRED') hideCodes();
  });
  await openStream({ onCommand: runCommand, onLost: () => loop.drop(), onFound: reportState });
  device = await readSession();
  if (device !== undefined) takeName(device);
  loop.start();
}

Object.assign(actions, {
  reconnect: () => loop.drop(),
  logOut,
  clearCredentials: forgetAndLeave,
  refreshQr: () => loop.start(),
});

Object.assign(commands, {
  rotate: turnCode,
  offline: () => loop.drop(),
  /** No code of the real page sets this state (jigger@0fbd5e1a): the library and older pages know it. */
  conflict() {
    loop.stop();
    Socket.set({ state: 'CONFLICT' });
  },
  /** Another page has this login. The page shows no sign of it. Source: `replaced` in `WAWebHandleStreamError` (jigger@0fbd5e1a). */
  replaced: () => loop.stop(),
  /** Pairing has succeeded: the server closes the socket (515), and the page opens another with its login. */
  async linked(command: { device: unknown }) {
    device = parseDevice(command.device);
    takeName(device);
    isNew = true;
    hideCodes();
    closeScreen();
    await keepSession(device);
    reloadAfterPairing();
    loop.start();
  },
  passkey: askForPasskey,
  passkeyCode: compareCodes,
  unlinked: removeDevice,
  selfLogout: (command: { reason: unknown }) => logOut(textOf(command, 'reason')),
});

async function dial(): Promise<boolean> {
  try {
    const answer = await call('hello', { device_id: device?.id ?? null });
    if (answer.offline === true) return false;
    isKnown = answer.linked === true;
    current.policy = parsePolicy(answer.policy);
    return true;
  } catch (error) {
    console.warn(`the server cannot be reached: ${error}`);
    return false;
  }
}

async function logIn(): Promise<void> {
  if (device === undefined) return showCodes();
  // The server refuses the login. Source: `REASON_NOT_AUTHORIZED` in `WAWebHandleFailure` (jigger@0fbd5e1a).
  if (!isKnown) return Socket.clearCredentialsAndStoredData(undefined);
  Socket.set({ state: 'CONNECTED', ...(Socket.hasSynced ? { stream: 'CONNECTED' } : {}) });
  keepBusy(current.settings.busyMs);
  if (!Socket.hasSynced) await openMainScreen();
  resumeSends();
  // After the states before it, each of which says that the page is not up.
  if (Socket.state === 'CONNECTED' && Socket.stream === 'CONNECTED') await callInTurn('up');
}

/** A new device has its critical data only, and gets its history later; any other load has its database at once. */
async function openMainScreen(): Promise<void> {
  const { syncMs, historyMs, lateMs, onboarding } = current.settings;
  if (!isNew) await hydrate();
  for (const progress of [10, 60, 99]) {
    me.offlineProgress = progress;
    Cmd.trigger('offline_progress_update_from_bridge');
    await sleep(syncMs / 3);
  }
  if (device === undefined) return;
  // At once, as `onCriticalSyncDone` of `WAWebSocketModel` (jigger@0fbd5e1a).
  Socket.set({ hasSynced: true, stream: 'CONNECTED' });
  if (lateMs >= 0) setTimeout(loadLateModules, lateMs);
  if (onboarding) showOnboarding();
  if (isNew) setTimeout(receiveHistory, historyMs);
}

async function receiveHistory(): Promise<void> {
  await hydrate();
  isNew = false;
}

/** The page reloads itself once after it was linked. Source: R#1040 (rmyndharis/OpenWA); why it does is unknown. */
function reloadAfterPairing(): void {
  const { pairReloadMs } = current.settings;
  if (pairReloadMs < 0) return;
  setTimeout(async () => {
    // WhatsApp then unlinks a device whose dialog nobody has acknowledged (R#982, R#998). One report differs: R#1040.
    if (isDialogOpen()) await tell('unlink', { device_id: device?.id ?? null });
    location.reload();
  }, pairReloadMs);
}

function takeName({ pn, lid, pushname }: Device): void {
  me.pn = createWid(pn);
  me.lid = createWid(lid);
  Conn.set({ pushname, platform: 'android', wid: me.pn });
}

/** The phone's stream is back. */
function reportState(): void {
  tell('state', { state: Socket.state, stream: Socket.stream });
}

/** The phone has removed this device. Source: `device_removed` in `WAWebHandleStreamError` (jigger@0fbd5e1a). */
async function removeDevice(): Promise<void> {
  Cmd.trigger('starting_logout_from_bridge');
  loop.stop();
  await Socket.clearCredentialsAndStoredData(undefined);
}

/** The page logs itself out, of its own will or for its user. Source: `WAWebSocketModel` (jigger@0fbd5e1a). */
async function logOut(reason: string): Promise<void> {
  Cmd.trigger('starting_logout_from_bridge');
  await Promise.race([tell('unlink', { device_id: device?.id ?? null }), sleep(LOGOUT_LIMIT_MS)]);
  await Socket.clearCredentialsAndStoredData(reason);
}

/**
 * Forgets the login and all data, then loads the page again. To forget that the page has synced is a change of `hasSynced`
 * too, so the library announces "ready" once more. Source: `clearState` of `WAWebSocketModel` (jigger@0fbd5e1a).
 */
async function forgetAndLeave(reason: string | undefined): Promise<void> {
  device = undefined;
  Socket.set({ hasSynced: undefined });
  await forgetSession();
  forgetOnboarding();
  me.pn = undefined;
  me.lid = undefined;
  await sleep(current.settings.logoutNavMs);
  location.href = addressAfterLogout(location, reason);
  Cmd.trigger('logout_from_bridge');
}
