import { note } from '../phone-connection.ts';
import { current } from '../settings.ts';
import { addonModules } from './addons.ts';
import { connectionModules } from './connection.ts';
import { mediaModules } from './media.ts';
import { peopleModules } from './people.ts';
import { sendModules } from './sends.ts';

/** What a page that resists lets nobody change. */
const UNWILLING = ['WAWebMsgKey', 'WAWebSendMsgChatAction'];

/** How often each module was asked for: what the library really uses. */
export const required: Record<string, number> = {};

/** Every WhatsApp module that this page has, by the name that whatsapp-web.js asks for. */
export const modules: Record<string, unknown> = {
  ...connectionModules,
  ...peopleModules,
  ...sendModules,
  ...mediaModules,
  ...addonModules,
};

let areLateModulesLoaded = false;
/** The exports that were removed, by `Module.export`, with what they were. */
const removed = new Map<string, PropertyDescriptor | undefined>();

/** Loads the chunk of the modules that come late. */
export function loadLateModules(): void {
  areLateModulesLoaded = true;
}

/** Removes exports, named `Module.export`, as a new version of WhatsApp Web does. */
export function removeExports(names: readonly string[]): void {
  for (const name of names) {
    const [owner, key] = findExport(name);
    if (!removed.has(name)) removed.set(name, Reflect.getOwnPropertyDescriptor(owner, key));
    // Hides a member of a class too.
    Reflect.defineProperty(owner, key, { value: undefined, configurable: true, writable: true });
  }
}

/** Brings back every export that was removed. */
export function restoreExports(): void {
  for (const [name, descriptor] of removed) {
    const [owner, key] = findExport(name);
    if (descriptor === undefined) Reflect.deleteProperty(owner, key);
    else Reflect.defineProperty(owner, key, descriptor);
  }
  removed.clear();
}

/** What the page offers as `window.require`: throws for a name that it has not. */
export function requireModule(name: string): unknown {
  required[name] = (required[name] ?? 0) + 1;
  const { without, late } = current.settings;
  const isLate = late.includes(name) && !areLateModulesLoaded;
  const found = without.includes(name) || isLate ? undefined : modules[name];
  if (found === undefined) {
    note('unknown module', name);
    throw new Error(`Requiring unknown module "${name}"`);
  }
  return current.settings.resist && UNWILLING.includes(name) ? Object.freeze(found) : found;
}

function findExport(name: string): [owner: object, key: string] {
  const [moduleName = '', key = ''] = name.split('.');
  const owner = modules[moduleName];
  const isOwner = (typeof owner === 'object' && owner !== null) || typeof owner === 'function';
  if (!isOwner || key === '') throw new Error(`no export of the page: ${name}`);
  return [owner, key];
}
