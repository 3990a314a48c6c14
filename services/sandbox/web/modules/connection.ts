import {
  cancelShortcakePasskeyPairing,
  confirmShortcakeVerificationCode,
  getPairingType,
  getShortcakeLinkingStage,
  getVerificationCode,
  ShortcakeLinkingStage,
  setPairingType,
  startShortcakePasskeyPairing,
} from '../life/passkey.ts';
import { StreamInfo, StreamMode } from '../life/stream.ts';
import { base64, randomBytes } from '../objects/ids.ts';
import { call } from '../phone-connection.ts';
import { current, pageVersion } from '../settings.ts';
import { Cmd, Conn, isRegistered, me, Socket, Stream } from '../socket.ts';

export const keys = {
  noise: randomBytes(32),
  identity: randomBytes(32),
  adv: base64(randomBytes(32)),
  platform: 1,
};

/** The connection, the login and the build. */
export const connectionModules = {
  WAWebSocketModel: { Socket },
  WAWebCmd: { Cmd },
  WAWebConnModel: { Conn },
  WAWebStreamModel: { Stream, StreamInfo, StreamMode },
  WAWebOfflineHandler: { OfflineMessageHandler: { getOfflineDeliveryProgress: () => me.offlineProgress } },
  WAWebAltDeviceLinkingApi: {
    getPairingType,
    setPairingType,
    initializeAltDeviceLinking: async () => undefined,
    initializeQRLinking: async () => setPairingType('QR_CODE'),
    startAltLinkingFlow: async (phone: string) => (await call('code', { phone })).code,
  },
  // Not named by the library.
  WAWebShortcakeLinkingApi: { ShortcakeLinkingStage, getShortcakeLinkingStage, getVerificationCode },
  WAWebShortcakeLinkingAction: {
    cancelShortcakePasskeyPairing,
    confirmShortcakeVerificationCode,
    startShortcakePasskeyPairing,
  },
  WAWebLaunchSocketUtils: { refreshQR: () => Cmd.refreshQR() },
  WABase64: { encodeB64: base64 },
  WAWebCompanionRegClientUtils: { DEVICE_PLATFORM: keys.platform },
  WAWebAdvSignatureApi: {},
  WAWebUserPrefsInfoStore: { waNoiseInfo: { get: async () => ({ staticKeyPair: { pubKey: keys.noise } }) } },
  WAWebSignalStoreApi: {
    waSignalStore: { getRegistrationInfo: async () => ({ identityKeyPair: { pubKey: keys.identity } }) },
  },
  WAWebUserPrefsMultiDevice: { getADVSecretKey: () => keys.adv, isRegistered },
  WAWebUserPrefsMeUser: { getMaybeMePnUser: () => me.pn, getMaybeMeLidUser: () => me.lid },
  // Not named by the library. Source: `WAWebDebugSetup`, `WAWebBuildConstants` (jigger@0fbd5e1a).
  WAWebBuildConstants: {
    get VERSION_STR() {
      return pageVersion(current.settings);
    },
  },
  WAWebMiscBrowserUtils: { info: () => ({ os: 'Linux', name: 'Chrome' }) },
};
