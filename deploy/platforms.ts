import { cloudrun } from './cloudrun/render.ts';
import { compose } from './compose/render.ts';
import { fly } from './fly/render.ts';
import { heroku } from './heroku/render.ts';
import { kubernetes } from './kubernetes/render.ts';
import { nginx } from './nginx/render.ts';
import type { Platform } from './platform.ts';
import { railway } from './railway/render.ts';
import { renderCom } from './render/render.ts';
import { swarm } from './swarm/render.ts';
import { systemd } from './systemd/render.ts';

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
