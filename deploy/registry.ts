import type { Platform } from './platform.ts';
import { cloudrun } from './platforms/cloudrun.ts';
import { compose } from './platforms/compose.ts';
import { fly } from './platforms/fly.ts';
import { heroku } from './platforms/heroku.ts';
import { kubernetes } from './platforms/kubernetes.ts';
import { nginx } from './platforms/nginx.ts';
import { railway } from './platforms/railway.ts';
import { renderCom } from './platforms/render.ts';
import { swarm } from './platforms/swarm.ts';
import { systemd } from './platforms/systemd.ts';

/** Every platform, in the order of the documents. */
export const platforms: readonly Platform[] = [
  compose,
  swarm,
  railway,
  renderCom,
  fly,
  heroku,
  cloudrun,
  kubernetes,
  systemd,
  nginx,
];
