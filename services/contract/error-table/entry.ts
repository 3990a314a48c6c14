/** One row of the table: what a code means to a client, and what the kit itself does after it. */
export interface ErrorEntry {
  /** HTTP status. */
  readonly status: number;
  /** Constant per code. */
  readonly title: string;
  readonly remedy: string;
  /** Seconds for `Retry-After`: the same request may succeed then. */
  readonly retryAfterS?: number;
  /** The gate closes the connection, because it cannot know where the next request begins. */
  readonly closesConnection?: true;
  /** A service refuses the form of a call with it: nothing was done, and a repeated call is refused too. */
  readonly refusesForm?: true;
  /** It says something about WhatsApp or the message, not about the call: the api passes it from the bridge to its client. */
  readonly isAboutWhatsApp?: true;
  /** Nothing was sent, and every later try fails the same way: the message fails. */
  readonly isFinal?: true;
  /**
   * What the outbox does after a send that is not final. `repeat`: nothing was sent, so it sends again. `look_first`: the
   * message may have been sent, so it looks for it first. A code without a value counts as `look_first`.
   */
  readonly retry?: 'repeat' | 'look_first';
  /** The page may hold the message: the bridge looks for it before it sends under the same id again. */
  readonly leavesDoubt?: true;
}
