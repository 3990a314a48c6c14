import type { Capability } from './capability.ts';

/** The login, and the page as a whole. */
export const SESSION_CAPABILITIES: readonly Capability[] = [
  {
    name: 'offline_delivery',
    does: 'knows when WhatsApp has delivered what waited; sends wait for it',
    kinds: [],
    needs: ['WAWebEventsWaitForOfflineDeliveryEnd.isOfflineDeliveryEnd'],
    probes: ['offlineDelivery'],
    patches: [],
    assumptions: [
      {
        text: 'sends wait for the end of offline delivery, for at most 5 min',
        grade: 'confirmed',
        source: '`WAWebSendMsgJob`, `WAWebEventsWaitForOfflineDeliveryEnd` (jigger@0fbd5e1a)',
      },
      {
        text: 'receipts that waited at the server come before the end of offline delivery',
        grade: 'confirmed',
        source: '`WAWebHandleInfoBulletin` (what `offline_preview` counts; jigger@0fbd5e1a)',
      },
    ],
  },
  {
    name: 'reconnect',
    does: 'lets the page connect again when acknowledgements are missing',
    kinds: [],
    needs: ['WAWebSocketModel.Socket.reconnect'],
    probes: [],
    patches: [],
    assumptions: [
      {
        text: '`Socket.reconnect()` closes the connection and opens another',
        grade: 'confirmed',
        source: '`WAWebSocketModel` (jigger@0fbd5e1a)',
      },
    ],
  },
  {
    name: 'link',
    does: 'links a phone by a QR code or a pairing code, and unlinks it',
    kinds: [],
    needs: [
      'WAWebCmd.Cmd.refreshQR',
      'WAWebSocketModel.Socket.logout',
      'WAWebAltDeviceLinkingApi.setPairingType',
      'WAWebAltDeviceLinkingApi.initializeAltDeviceLinking',
      'WAWebAltDeviceLinkingApi.startAltLinkingFlow',
    ],
    probes: [],
    patches: [],
    assumptions: [
      {
        text: 'a pairing code is valid for 180 s',
        grade: 'confirmed',
        source: '`WAWebAltDeviceLinkingApi` (jigger@0fbd5e1a)',
      },
    ],
  },
  {
    name: 'logout_reason',
    does: 'learns why the page logs itself out',
    kinds: [],
    needs: ['WAWebSocketModel.Socket.logout', 'WAWebSocketModel.Socket.clearCredentialsAndStoredData'],
    probes: ['logoutReported'],
    patches: [
      {
        text: 'both functions by which the page logs out report their reason',
        file: 'page/life/logout.ts (REPORT_LOGOUT)',
        standsDown: 'the page has no such function',
      },
    ],
    assumptions: [
      {
        text: 'each logout comes by `Socket.logout` or `Socket.clearCredentialsAndStoredData`; without a reason the server has unlinked this device',
        grade: 'confirmed',
        source:
          '`WAWebSocketModel`, `WAWebHandleStreamError`, `WAWebLogoutReasonConstants` (jigger@0fbd5e1a)',
      },
      {
        text: 'the address of the page after a logout has the class of its reason in `logout_reason`',
        grade: 'confirmed',
        source: '`WAWebReloadAfterLogout` (jigger@0fbd5e1a)',
      },
    ],
  },
  {
    name: 'dialogs',
    does: 'acknowledges the dialog that greets a new user, and names any other',
    kinds: [],
    needs: [],
    probes: ['dialogButtons'],
    patches: [
      {
        text: 'a dialog with one button, which goes on, is acknowledged',
        file: 'page/life/dialogs.ts (ACKNOWLEDGE_DIALOGS)',
        standsDown: 'the page shows no such dialog',
      },
    ],
    assumptions: [
      {
        text: 'a dialog has the role `dialog`, and its choices are buttons',
        grade: 'confirmed',
        source: '`WAWebModal.react`, `WAWebWhatsNewModal.react` (jigger@0fbd5e1a)',
      },
      {
        text: 'the dialog for new users costs the link after some minutes, if nobody acknowledges it',
        grade: 'likely',
        source: 'OpenWA#982, OpenWA#998',
      },
    ],
  },
  {
    name: 'passkey',
    does: 'sees that the account asks for a passkey, and passes on an assertion that was made elsewhere',
    kinds: [],
    needs: ['WAWebShortcakeLinkingApi.getShortcakeLinkingStage'],
    probes: ['passkeyStage'],
    patches: [],
    assumptions: [
      {
        text: '`getShortcakeLinkingStage()` names the stage of a link with a passkey',
        grade: 'confirmed',
        source: '`WAWebShortcakeLinkingApi` (jigger@0fbd5e1a)',
      },
      {
        text: 'the pairing type `SHORTCAKE_PASSKEY` says that the page waits for "Continue"; the stage stays NotStarted until the browser has given an assertion',
        grade: 'confirmed',
        source: '`WAWebShortcakeLinkingBridgeApi`, `WAWebShortcakeLinkingPasskeyPrologue` (jigger@0fbd5e1a)',
      },
      {
        text: 'the page asks for the passkey of `whatsapp.com` by `navigator.credentials.get`, and knows the credential by its type only',
        grade: 'confirmed',
        source: '`WAWebShortcakeLinkingPasskeyPrologue` (jigger@0fbd5e1a)',
      },
      {
        text: '`startShortcakePasskeyPairing` asks, and `confirmShortcakeVerificationCode` confirms the code, without a click of the user',
        grade: 'likely',
        source: '`WAWebShortcakeLinkingAction` (jigger@0fbd5e1a)',
      },
      {
        text: 'WhatsApp takes an assertion that a tab at web.whatsapp.com of another browser has made',
        grade: 'likely',
        source: 'Baileys#2689 (reported for other clients; unproven for this page)',
      },
    ],
  },
  {
    name: 'version',
    does: 'knows the version of the page, without which the library does not start',
    kinds: [],
    needs: [],
    probes: ['version'],
    patches: [
      {
        text: '`window.Debug.VERSION` is supplied',
        file: 'page/version.ts (SUPPLY_VERSION)',
        standsDown: 'the page has set it',
      },
    ],
    assumptions: [
      {
        text: '`window.Debug` comes late, and for some accounts never',
        grade: 'confirmed',
        source: 'wa-js@a3ed679e; `WAWebBuildConstants` (jigger@0fbd5e1a)',
      },
    ],
  },
  {
    name: 'storage',
    does: 'has room to store what it receives',
    kinds: [],
    needs: [],
    probes: ['storageRoom'],
    patches: [],
    assumptions: [
      {
        text: 'a page that cannot store logs itself out',
        grade: 'confirmed',
        source: '`WAWebSocketModel` (jigger@0fbd5e1a)',
      },
    ],
  },
];
