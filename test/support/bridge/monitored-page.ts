import type { DialogLook } from '../../../services/bridge/page/life/dialogs.ts';
import { START_PASSKEY } from '../../../services/bridge/page/life/passkey.ts';
import type { PageState } from '../../../services/bridge/page/page-state.ts';
import type { BrowserEnd } from '../../../services/bridge/session/browser-end.ts';
import type {
  MonitoredBrowser,
  MonitoredPage,
  PageObserver,
} from '../../../services/bridge/session/monitored-browser.ts';

/** A page that is ready in every respect. */
export const SOUND: PageState = {
  state: 'CONNECTED',
  stream: 'CONNECTED',
  hasSynced: true,
  isRegistered: true,
  isInjected: true,
  isListening: true,
  isHearingCalls: true,
  missing: [],
  hasDialog: false,
  asksForPasskey: false,
  version: '2.3000.1',
  userAgent: 'Mozilla/5.0 Chrome/150.0.0.0',
};

/** A run of a browser whose page is as the test says; it notes what its monitor reports and does. */
export class ModelRun implements MonitoredBrowser, PageObserver {
  /** Undefined: no page of WhatsApp. */
  page: PageState | undefined = SOUND;
  /** The page is between two documents: a look at it fails. */
  isBetween = false;
  obstacle: string | undefined;
  dialogs: DialogLook = { acknowledged: [], left: [] };
  readonly states: string[] = [];
  readonly remarks = new Map<string, string | undefined>();
  readonly acts: string[] = [];
  readonly ends: BrowserEnd[] = [];
  readonly #dead = new AbortController();
  readonly signal = this.#dead.signal;
  looks = 0;
  #after: PageState | undefined;

  readonly whatsapp: MonitoredPage = {
    pageState: async () => {
      this.looks += 1;
      if (this.isBetween)
        throw new Error('Execution context was destroyed, most likely because of a navigation.');
      const { page } = this;
      if (this.#after !== undefined) this.page = this.#after;
      this.#after = undefined;
      return page;
    },
    obstacleIn: () => this.obstacle,
    installSendHooks: async () => void this.acts.push('hooks'),
    repeatSynced: async () => void this.acts.push('repeat'),
    refreshQr: async () => void this.acts.push('refresh'),
    test: async () => undefined,
    run: async (source) => void this.acts.push(source === START_PASSKEY ? 'passkey' : source),
    acknowledgeDialogs: async () => {
      this.acts.push('acknowledge');
      return this.dialogs;
    },
  };

  /** The page is sound but for this. */
  set(part: Partial<PageState>): void {
    this.page = { ...SOUND, ...part };
  }

  /** The page is sound but for this, at the next look and at no other. */
  once(part: Partial<PageState>): void {
    this.#after = SOUND;
    this.set(part);
  }

  state(state: string, reason?: string): void {
    this.states.push(reason === undefined ? state : `${state}: ${reason}`);
  }

  remark(part: string, text: string | undefined): void {
    this.remarks.set(part, text);
  }

  end(end: BrowserEnd): void {
    this.ends.push(end);
    this.#dead.abort();
  }
}
