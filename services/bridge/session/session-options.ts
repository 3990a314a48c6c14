import type { pausesAfter } from './browser-end.ts';
import type { BrowserSettings } from './browser-opener.ts';

export interface SessionOptions extends BrowserSettings {
  /** Its name: letters, digits, `-` and `_`. */
  readonly session: string;
  /** Between two browsers; `pausesAfter` unless given. */
  readonly pauses?: typeof pausesAfter;
}
