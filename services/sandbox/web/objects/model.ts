import { Emitter } from './emitter.ts';

/** Begins the name of the property in which a real model keeps an attribute. */
export const STORAGE = '__x_';

export type Attributes = Readonly<Record<string, unknown>>;

/** A bag of attributes that tells of each change, itself and in every collection that holds it. */
export class Model extends Emitter {
  declare id: unknown;
  #names = new Set<string>();
  #homes = new Set<Emitter>();

  constructor(attributes: object = {}) {
    super();
    this.#assign(attributes);
  }

  /** Called by a collection: a model in two collections must tell both, or acks vanish. */
  joins(home: Emitter): void {
    this.#homes.add(home);
  }

  get(name: string): unknown {
    return Reflect.get(this, name);
  }

  set(values: object): void {
    const changed: [string, unknown, unknown][] = [];
    for (const [name, value] of Object.entries(values)) {
      const previous = this.get(name);
      if (previous !== value) changed.push([name, value, previous]);
    }
    this.#assign(Object.fromEntries(changed));
    for (const [name, value, previous] of changed) this.#tell(`change:${name}`, this, value, previous);
    if (changed.length > 0) this.#tell('change', this);
  }

  /** Plain data only: evaluate() returns by value, exposed functions use JSON.stringify. */
  serialize(): Record<string, unknown> {
    const plain: Record<string, unknown> = {};
    for (const name of this.#names) plain[name] = plainOf(this.get(name));
    return plain;
  }

  toJSON(): Record<string, unknown> {
    return this.serialize();
  }

  attributes(): Attributes {
    return Object.fromEntries([...this.#names].map((name) => [name, this.get(name)]));
  }

  /**
   * A real model keeps each attribute in an own property of the name `__x_NAME`. So a value under such a name is written
   * over the attribute. Source: `WAWebModelUtils`, `WAWebBaseModel._setKV` (jigger@0fbd5e1a).
   */
  #assign(values: object): void {
    for (const [key, value] of Object.entries(values)) {
      const name = key.startsWith(STORAGE) ? key.slice(STORAGE.length) : key;
      Reflect.set(this, name, value);
      this.#names.add(name);
    }
  }

  #tell(name: string, ...values: unknown[]): void {
    this.trigger(name, ...values);
    for (const home of this.#homes) home.trigger(name, ...values);
  }
}

/** Models by id, where an id is a text or anything that gives one by `toString()`. */
export class Collection<M extends Model> extends Emitter {
  readonly modelClass: new (
    attributes: object,
  ) => M;
  #models = new Map<string, M>();

  constructor(modelClass: new (attributes: object) => M) {
    super();
    this.modelClass = modelClass;
  }

  get(id: unknown): M | undefined {
    return this.#models.get(String(id));
  }

  add(item: M | object): M {
    const model = item instanceof this.modelClass ? item : new this.modelClass(item);
    model.joins(this);
    this.#models.set(String(model.id), model);
    this.trigger('add', model);
    return model;
  }

  /** Gives a model another id, in its place. Source: `WAWebCollection.replaceId` (jigger@0fbd5e1a). */
  replaceId(former: unknown, id: unknown): void {
    const model = this.get(former);
    if (model === undefined) return;
    model.set({ id });
    this.#models = new Map([...this.#models.values()].map((other) => [String(other.id), other]));
  }

  remove(id: unknown): void {
    const model = this.get(id);
    if (model === undefined) return;
    this.#models.delete(String(id));
    this.trigger('remove', model);
  }

  async find(id: unknown): Promise<M> {
    const model = this.get(id);
    if (model === undefined) throw new Error(`not found: ${String(id)}`);
    return model;
  }

  /** The real collections fetch from the server; here nothing is newer than what is held. */
  async update(id: unknown): Promise<M | undefined> {
    return this.get(id);
  }

  getModelsArray(): M[] {
    return [...this.#models.values()];
  }

  get length(): number {
    return this.#models.size;
  }

  serialize(): Record<string, unknown>[] {
    return this.getModelsArray().map((model) => model.serialize());
  }

  toJSON(): Record<string, unknown>[] {
    return this.serialize();
  }
}

function plainOf(value: unknown): unknown {
  return value instanceof Model || value instanceof Collection ? value.serialize() : value;
}
