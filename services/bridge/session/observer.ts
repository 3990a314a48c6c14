import type { QrAnswer } from '../../contract/bridge.ts';
import type { SessionState } from '../../contract/events.ts';
import type { News } from '../events/news.ts';
import type { Life } from './life.ts';

export interface SessionStatus {
  readonly state: SessionState;
  readonly since: string;
  readonly reason?: string;
}

/** What a session tells. */
export interface SessionObserver {
  state(status: SessionStatus): void;
  qr(answer: QrAnswer): void;
  news(news: News): void;
  /** A page has become ready, for the first time or again: it may hold what was missed. */
  pageReady(life: Life): void;
  /** From here on nothing may be told of what happens. */
  pageAway(): void;
}
