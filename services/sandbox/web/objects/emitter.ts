export type Handler = (...values: unknown[]) => unknown;

/** Backbone-like events, as far as whatsapp-web.js uses them: names may be several, parted by spaces. */
export class Emitter {
  #handlers = new Map<string, readonly Handler[]>();
  #originals = new WeakMap<Handler, Handler>();

  on(names: string, handler: Handler): this {
    for (const name of names.split(' ')) this.#handlers.set(name, [...this.#handlersOf(name), handler]);
    return this;
  }

  off(name: string, handler: Handler): this {
    const kept = this.#handlersOf(name).filter(
      (known) => known !== handler && this.#originals.get(known) !== handler,
    );
    this.#handlers.set(name, kept);
    return this;
  }

  once(name: string, handler: Handler): this {
    const wrapped: Handler = (...values) => {
      this.off(name, wrapped);
      handler(...values);
    };
    this.#originals.set(wrapped, handler);
    return this.on(name, wrapped);
  }

  trigger(name: string, ...values: unknown[]): void {
    for (const handler of this.#handlersOf(name)) handler(...values);
  }

  listenerCount(name: string): number {
    return this.#handlersOf(name).length;
  }

  #handlersOf(name: string): readonly Handler[] {
    return this.#handlers.get(name) ?? [];
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
