import { fileURLToPath } from 'node:url';

/** The root folder of the kit. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
