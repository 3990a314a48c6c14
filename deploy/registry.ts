import type { Platform } from './platform.ts';
import { cloudrun } from './platforms/cloudrun.ts';
import { fly } from './platforms/fly.ts';
import { heroku } from './platforms/heroku.ts';
import { railway } from './platforms/railway.ts';
import { renderCom } from './platforms/render.ts';

/** Every platform, in the order of the documents. */
export const platforms: readonly Platform[] = [railway, renderCom, fly, heroku, cloudrun];
