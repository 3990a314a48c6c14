/** The calls of the bridge that are under way, by the `seq` of their messages: one for each message at most. */
export class Calls {
  readonly #calls = new Map<number, { readonly controller: AbortController; readonly prepares: boolean }>();

  /** `prepares`: the bridge may be preparing the message, which may take minutes. */
  begin(seq: number, prepares: boolean): AbortSignal {
    const controller = new AbortController();
    this.#calls.set(seq, { controller, prepares });
    return controller.signal;
  }

  end(seq: number): void {
    this.#calls.delete(seq);
  }

  /** Gives a call up. Its message may be sent all the same: a look or an acknowledgement corrects the status. */
  abort(seq: number): void {
    this.#calls.get(seq)?.controller.abort();
  }

  get preparing(): readonly number[] {
    return [...this.#calls].flatMap(([seq, { prepares }]) => (prepares ? [seq] : []));
  }
}
