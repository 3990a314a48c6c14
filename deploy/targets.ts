import { cloudrunTarget } from './cloudrun/ship.ts';
import { composeTarget } from './compose/ship.ts';
import { flyTarget } from './fly/ship.ts';
import { herokuTarget } from './heroku/ship.ts';
import { kubernetesTarget } from './kubernetes/ship.ts';
import { railwayTarget } from './railway/ship.ts';
import { renderTarget } from './render/ship.ts';
import type { Target } from './shipping/target.ts';
import { systemdTarget } from './systemd/ship.ts';

/** Every place that `make deploy` ships to; the first is the default. */
export const targets: readonly Target[] = [
  composeTarget,
  railwayTarget,
  renderTarget,
  flyTarget,
  herokuTarget,
  cloudrunTarget,
  kubernetesTarget,
  systemdTarget,
];
