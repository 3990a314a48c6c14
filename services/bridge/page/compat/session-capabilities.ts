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
