import { registerHooks, syncBuiltinESMExports } from 'node:module';
import v8 from 'node:v8';

/**
 * To be imported before a gate (`--import`): undici then has none of the files within it that the gate imports, and V8
 * shows its collector to nobody.
 */
registerHooks({
  resolve(specifier, context, nextResolve) {
    if (specifier.startsWith('undici/lib/')) throw new Error(`${specifier} is hidden`);
    return nextResolve(specifier, context);
  },
});

v8.setFlagsFromString = () => undefined;
syncBuiltinESMExports();
