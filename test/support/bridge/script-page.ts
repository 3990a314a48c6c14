import { createContext, runInContext } from 'node:vm';

type Handler = (value: unknown) => void;

/** WhatsApp's collection of calls, as far as it matters. Source: `WAWebCallCollection` (jigger@0fbd5e1a). */
class CallCollection {
  activeCall: unknown;
  readonly #handlers = new Map<string, Handler[]>();
  readonly #calls = new Map<string, object>();

  on(name: string, handler: Handler): void {
    this.#handlers.set(name, [...(this.#handlers.get(name) ?? []), handler]);
  }

  trigger(name: string, value: unknown): void {
    for (const handler of this.#handlers.get(name) ?? []) handler(value);
  }

  add(call: { readonly id: string }): object {
    this.#calls.set(call.id, call);
    return call;
  }

  getModelsArray(): object[] {
    return [...this.#calls.values()];
  }

  setActiveCall(call: unknown): void {
    this.activeCall = call;
    this.trigger('change:activeCall', call);
  }
}

/** Runs scripts of the bridge in a page that has these modules; modules may be added later. */
export class ScriptPage {
  readonly calls = new CallCollection();
  readonly modules: Record<string, unknown> = {};
  /** What was reported by the library's function for calls. */
  readonly reported: unknown[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #context = createContext({
    setTimeout: (act: () => void, ms: number) => void this.#timers.push(setTimeout(act, Math.min(ms, 5))),
    setInterval: (act: () => void, ms: number) => {
      const timer = setInterval(act, Math.min(ms, 5));
      this.#timers.push(timer);
      return this.#timers.length - 1;
    },
    clearInterval: (number: number) => clearInterval(this.#timers[number]),
    given: {
      find: (name: string) => this.modules[name],
      report: (call: object) => void this.reported.push({ ...call }),
    },
  });

  constructor() {
    runInContext(PAGE, this.#context);
  }

  /** As the protocol of the browser does: results cross as JSON. */
  evaluate = async (source: string): Promise<unknown> => {
    const text: string | undefined = JSON.stringify(await runInContext(source, this.#context));
    return text === undefined ? undefined : JSON.parse(text);
  };

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

const PAGE = `
  var window = {
    WWebJS: {},
    onIncomingCall: given.report,
    require: (name) => {
      const found = given.find(name);
      if (found === undefined) throw new Error('Requiring unknown module "' + name + '"');
      return found;
    },
  };
  window.top = window;`;
