import { commands, runCommand } from './commands.ts';
import { hydrate } from './messages.ts';
import { keys } from './modules/connection.ts';
import { sleep } from './objects/emitter.ts';
import { base64, createWid } from './objects/ids.ts';
import { Msg } from './objects/store.ts';
import { call, callInTurn, openStream, tell } from './phone-connection.ts';
import { parsePolicy } from './policy.ts';
import { resumeSends } from './sends/stanza-queue.ts';
import { forgetSession, keepSession, readSession } from './session.ts';
import { current } from './settings.ts';
import { actions, Cmd, Conn, me, newRef, Socket } from './socket.ts';
import { type Device, type Fields, parseDevice } from './wire.ts';

/** The library injects itself within a second; on a busy machine, or beside a long history, it may need many. */
const LISTENER_LIMIT_MS = 20_000;
const RETRY_MS = 250;
const LOGGED_OUT_URL = '/?post_logout=1&logout_reason=0';

let device: Device | undefined;

/** From the load of the page to the QR code or, with a login that the phone still knows, to being up. */
export async function start(): Promise<void> {
  const { bootDelayMs, openingMs } = current.settings;
  await sleep(bootDelayMs);
  Socket.on('change:state', (_socket, state) => tell('state', { state }));
  await openStream({ onCommand: runCommand, onLost, onFound });
  Socket.set({ state: 'OPENING' });
  await sleep(openingMs);
  device = await readSession();
  const { linked, offline } = await greet();
  if (!linked) {
    if (device !== undefined) await forgetSession();
    device = undefined;
    showQr();
  } else if (offline) Socket.set({ state: 'TIMEOUT' });
  else await goUp();
}

Object.assign(actions, { connect, logOut, refreshQr: showQr });

Object.assign(commands, {
  rotate: turnCode,
  online: () => (Socket.state === 'TIMEOUT' ? connect() : undefined),
  offline: () => Socket.set({ state: 'TIMEOUT' }),
  conflict: () => Socket.set({ state: 'CONFLICT' }),
  async linked(command: { device: unknown }) {
    Socket.set({ state: 'PAIRING' });
    device = parseDevice(command.device);
    await keepSession(device);
    goUp().catch((error) => console.error(`could not go up: ${error}`));
  },
  async unlinked() {
    await forgetSession();
    device = undefined;
    Cmd.trigger('logout_from_bridge');
    setTimeout(leave, current.settings.logoutNavMs);
  },
});

async function greet(): Promise<{ linked: boolean; offline: boolean }> {
  const answer = await callUntilHeard('hello', { device_id: device?.id ?? null });
  current.policy = parsePolicy(answer.policy);
  return { linked: answer.linked === true, offline: answer.offline === true };
}

async function callUntilHeard(what: string, body: object): Promise<Fields> {
  for (;;) {
    try {
      return await call(what, body);
    } catch (error) {
      console.warn(`${what} waits, trying again: ${error}`);
      await sleep(RETRY_MS);
    }
  }
}

async function goUp(): Promise<void> {
  const { pairMs, syncMs } = current.settings;
  if (device === undefined) return;
  me.pn = createWid(device.pn);
  me.lid = createWid(device.lid);
  Conn.set({ pushname: device.pushname, platform: 'android', wid: me.pn });
  await sleep(pairMs);
  await hydrate();
  Socket.set({ state: 'CONNECTED' });
  await Socket.listenedTo('change:hasSynced', LISTENER_LIMIT_MS);
  for (const progress of [10, 60, 99]) {
    me.offlineProgress = progress;
    Cmd.trigger('offline_progress_update_from_bridge');
    await sleep(syncMs / 3);
  }
  Socket.set({ hasSynced: true });
  resumeSends();
  await reportUp();
}

/** Tells the phone that it may deliver: not before the library listens, or `message` would never fire. */
async function reportUp(): Promise<void> {
  while (!(await Msg.listenedTo('add', LISTENER_LIMIT_MS)))
    console.warn('nobody listens for messages: what waits at the phone stays there');
  // After the states before it, each of which says that the page is not up.
  if (Socket.state === 'CONNECTED') await callInTurn('up');
}

async function connect(): Promise<void> {
  Socket.set({ state: 'OPENING' });
  await sleep(current.settings.openingMs);
  if (device === undefined) return showQr();
  if (!Socket.hasSynced) return goUp();
  Socket.set({ state: 'CONNECTED' });
  resumeSends();
  await reportUp();
}

function onLost(): void {
  if (Socket.state === 'CONNECTED' || Socket.state === 'OPENING') Socket.set({ state: 'TIMEOUT' });
}

async function onFound(): Promise<void> {
  tell('state', { state: Socket.state });
  const { linked, offline } = await greet();
  if (device === undefined) return reportQr();
  if (!linked) return runUnlinked();
  if (!offline && Socket.state === 'TIMEOUT') await connect();
}

async function runUnlinked(): Promise<void> {
  await runCommand({ cmd: 'unlinked' });
}

async function logOut(): Promise<void> {
  await call('unlink', { device_id: device?.id ?? null });
  await forgetSession();
  device = undefined;
  Cmd.trigger('logout');
  setTimeout(leave, 50);
}

function leave(): void {
  location.href = LOGGED_OUT_URL;
}

/** Shows codes, a new one now and then, until one is scanned or there were enough. */
async function showQr(): Promise<void> {
  const { qrEveryMs, qrCount } = current.settings;
  let shownCount = 1;
  await turnCode();
  if (qrEveryMs <= 0) return;
  const timer = setInterval(() => {
    shownCount += 1;
    const isEnough = qrCount > 0 && shownCount > qrCount;
    if (Socket.state !== 'UNPAIRED' || isEnough) clearInterval(timer);
    if (Socket.state === 'UNPAIRED' && isEnough) Socket.set({ state: 'UNPAIRED_IDLE' });
    else if (Socket.state === 'UNPAIRED') turnCode();
  }, qrEveryMs);
}

/** Shows another code. The phone's camera sees it before the library does, which may have it scanned at once. */
async function turnCode(): Promise<void> {
  const ref = newRef();
  await sendQr(ref, false);
  if (device !== undefined) return;
  Conn.set({ ref });
  Socket.set({ state: 'UNPAIRED' });
  reportWatched();
}

/** Tells the phone what code its camera sees, once more. */
function reportQr(): void {
  if (Socket.state !== 'UNPAIRED') return;
  sendQr(Conn.ref, false);
  reportWatched();
}

/** Tells the phone that the library has seen the code, once it listens. */
async function reportWatched(): Promise<void> {
  if ((await Conn.listenedTo('change:ref', LISTENER_LIMIT_MS)) && Socket.state === 'UNPAIRED')
    sendQr(Conn.ref, true);
}

function sendQr(ref: string | undefined, isWatched: boolean): Promise<void> {
  const { noise, identity, adv, platform } = keys;
  const qr = [ref, base64(noise), base64(identity), adv, platform].join(',');
  return tell('qr', { qr, watched: isWatched });
}
