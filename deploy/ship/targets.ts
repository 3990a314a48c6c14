import type { Target } from './target.ts';
import { cloudrunTarget } from './targets/cloudrun.ts';
import { composeTarget } from './targets/compose.ts';
import { flyTarget } from './targets/fly.ts';
import { herokuTarget } from './targets/heroku.ts';
import { kubernetesTarget } from './targets/kubernetes.ts';
import { railwayTarget } from './targets/railway.ts';
import { renderTarget } from './targets/render.ts';
import { systemdTarget } from './targets/systemd.ts';

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
