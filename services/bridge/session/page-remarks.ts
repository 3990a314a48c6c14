import type { Log } from '../../runtime/log.ts';
import { CALL_MODULE } from '../page/life/calls.ts';
import type { DialogLook } from '../page/life/dialogs.ts';
import type { PageState } from '../page/page-state.ts';

/** What is to know about a page that is ready: calls that it does not report yet, dialogs that lie over it. */
export class PageRemarks {
  readonly #log: Log;
  readonly #remark: (part: string, text: string | undefined) => void;
  /** The dialogs that the last look has acknowledged. */
  #acknowledged = new Set<string>();

  constructor(log: Log, remark: (part: string, text: string | undefined) => void) {
    this.#log = log;
    this.#remark = remark;
  }

  /** Remarks on the page; `acknowledge` is called when a dialog lies over it. */
  async note(
    { isHearingCalls, hasDialog }: PageState,
    acknowledge: () => Promise<DialogLook>,
  ): Promise<void> {
    const calls = `calls are reported once WhatsApp Web has loaded ${CALL_MODULE}`;
    this.#remark('calls', isHearingCalls ? undefined : calls);
    if (!hasDialog) return this.#remark('dialog', undefined);
    const { acknowledged, left } = await acknowledge();
    for (const title of acknowledged) {
      if (!this.#acknowledged.has(title))
        this.#log.info(`acknowledged the dialog "${title}" of WhatsApp Web`);
    }
    const [open] = [...left, ...acknowledged.filter((title) => this.#acknowledged.has(title))];
    this.#acknowledged = new Set(acknowledged);
    const text = `WhatsApp Web shows a dialog that stays open: "${open}"`;
    this.#remark('dialog', open === undefined ? undefined : text);
  }

  /** The page has gone. */
  clear(): void {
    this.#remark('calls', undefined);
    this.#remark('dialog', undefined);
  }
}
