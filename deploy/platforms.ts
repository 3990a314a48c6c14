import { cloudrun } from './cloudrun/render.ts';
import { cloudrunTarget } from './cloudrun/ship.ts';
import { compose } from './compose/render.ts';
import { composeTarget } from './compose/ship.ts';
import { fly } from './fly/render.ts';
import { flyTarget } from './fly/ship.ts';
import { heroku } from './heroku/render.ts';
import { herokuTarget } from './heroku/ship.ts';
import { kubernetes } from './kubernetes/render.ts';
import { kubernetesTarget } from './kubernetes/ship.ts';
import { nginx } from './nginx/render.ts';
import type { Platform } from './platform.ts';
import { railway } from './railway/render.ts';
import { railwayTarget } from './railway/ship.ts';
import { renderCom } from './render/render.ts';
import { renderTarget } from './render/ship.ts';
import type { Target } from './shipping/target.ts';
import { swarm } from './swarm/render.ts';
import { systemd } from './systemd/render.ts';
import { systemdTarget } from './systemd/ship.ts';

/** A platform with its renderer and, where `make deploy` ships to it, its target. */
export interface RegisteredPlatform extends Platform {
  readonly target?: Target;
}

/** Every platform, in the order of the documents. The first is the default of `make deploy`. */
export const platforms: readonly RegisteredPlatform[] = [
  { ...compose, target: composeTarget },
  swarm,
  { ...railway, target: railwayTarget },
  { ...renderCom, target: renderTarget },
  { ...fly, target: flyTarget },
  { ...heroku, target: herokuTarget },
  { ...cloudrun, target: cloudrunTarget },
  { ...kubernetes, target: kubernetesTarget },
  { ...systemd, target: systemdTarget },
  nginx,
];
