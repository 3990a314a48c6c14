import { modules, removeExports, required, requireModule } from './modules/registry.ts';
import { start } from './page-lifecycle.ts';
import { warmUpAllLidPnMappings } from './people/lid-pn-cache.ts';
import { parsePolicy } from './policy.ts';
import { listenForDeletes } from './sends/deletes.ts';
import { current, pageVersion, parseSettings } from './settings.ts';
import { recordOf } from './wire.ts';

// The entry of the page: whatsapp-web.js waits for Debug.VERSION, then takes everything through require().

const given = recordOf(JSON.parse(document.getElementById('given')?.textContent ?? ''));
current.settings = parseSettings(given.settings);
current.policy = parsePolicy(given.policy);

removeExports(current.settings.withoutExports);
Object.assign(window, { require: requireModule, StandIn: { modules: Object.keys(modules), required } });
const { debugDelayMs } = current.settings;
if (debugDelayMs >= 0)
  setTimeout(() => {
    Object.assign(window, { Debug: { VERSION: pageVersion(current.settings) } });
  }, debugDelayMs);
listenForDeletes();
warmUpAllLidPnMappings();
start().catch((error) => console.error(`the stand-in could not start: ${error}`));
