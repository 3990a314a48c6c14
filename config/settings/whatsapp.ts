import { setting } from '../setting.ts';

const WHATSAPP = 'WhatsApp';

/** The WhatsApp that the kit talks to. */
export const whatsappSettings = {
  whatsapp: setting({
    doc: 'The real WhatsApp, or the stand-in of the sandbox.',
    env: 'WHATSAPP',
    format: ['real', 'sandbox'],
    default: 'real',
    group: WHATSAPP,
  }),

  /** One WhatsApp login and its browser. */
  session: {
    name: setting({
      doc: 'Name of the WhatsApp login; its profile lies in a folder of this name.',
      env: 'SESSION_NAME',
      format: 'name',
      default: 'default',
      group: WHATSAPP,
    }),
    folder: setting({
      doc: 'Where the browser profiles lie; DATA_DIR/sessions when unset. Must outlive a deploy, or the phone must be linked again.',
      env: 'SESSIONS_DIR',
      format: 'path',
      default: '',
      group: WHATSAPP,
    }),
    browserPath: setting({
      doc: 'Chromium or Chrome; found by itself when unset.',
      env: 'PUPPETEER_EXECUTABLE_PATH',
      format: 'path',
      default: '',
      group: WHATSAPP,
    }),
    initTimeoutMs: setting({
      doc: 'Longest the browser and the page may take to start.',
      env: 'BRIDGE_INIT_TIMEOUT_MS',
      format: 'time-limit',
      default: 90_000,
      group: WHATSAPP,
    }),
    readyTimeoutMs: setting({
      doc: 'Longest from being logged in to being ready.',
      env: 'BRIDGE_READY_TIMEOUT_MS',
      format: 'time-limit',
      default: 120_000,
      group: WHATSAPP,
    }),
    callTimeoutMs: setting({
      doc: 'Longest a call into the page may take.',
      env: 'BRIDGE_CALL_TIMEOUT_MS',
      format: 'time-limit',
      default: 20_000,
      group: WHATSAPP,
    }),
    sendTimeoutMs: setting({
      doc: 'Longest a send may take until the message is in the chat, its wait for others included and the upload of a medium left out; then nothing is sent any more, or the outcome counts as unknown.',
      env: 'SEND_TIMEOUT_MS',
      format: 'time-limit',
      default: 30_000,
      group: WHATSAPP,
    }),
    uploadTimeoutMs: setting({
      doc: 'Longest WhatsApp Web may take to upload a medium before it is sent; then the message fails. Other chats do not wait for it.',
      env: 'SEND_UPLOAD_TIMEOUT_MS',
      format: 'time-limit',
      default: 180_000,
      group: WHATSAPP,
    }),
    sendWaitMs: setting({
      doc: "Longest a send waits for the acknowledgement of WhatsApp's server before it answers 202.",
      env: 'SEND_WAIT_MS',
      format: 'milliseconds',
      default: 10_000,
      group: WHATSAPP,
    }),
  },

  /** The stand-in for WhatsApp. */
  sandbox: {
    allowed: setting({
      doc: 'Lets the sandbox run outside the local profile, where it also needs API_KEYS.',
      env: 'SANDBOX_ALLOWED',
      format: 'flag',
      default: false,
      group: 'Sandbox',
    }),
    autoLink: setting({
      doc: 'The phone of the sandbox scans the QR code by itself.',
      env: 'SANDBOX_AUTO_LINK',
      format: 'flag',
      default: false,
      group: 'Sandbox',
    }),
    page: setting({
      doc: 'Which WhatsApp Web the sandbox models: 2026-06, 2026-08 or 2026-09, and switches of it, as in 2026-09,lidChats.',
      env: 'SANDBOX_PAGE',
      format: 'sandbox-page',
      default: '2026-09',
      group: 'Sandbox',
    }),
  },
};
