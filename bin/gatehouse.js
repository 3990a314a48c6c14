#!/usr/bin/env node
import * as module from 'node:module';
import { fileURLToPath } from 'node:url';

if (Number.parseInt(process.versions.node, 10) < 24) {
  process.stderr.write(
    `gatehouse needs Node 24 and this is ${process.version}: call it by make, or as npx gatehouse\n`,
  );
  process.exit(1);
}

// The one file that is not TypeScript: it turns the cache on, so that from the second start on nothing is parsed or
// stripped again. Written in TypeScript it would load Node's stripper each time, which costs 50 ms and 20 MB.
module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/gatehouse', import.meta.url)));
const { main } = await import('../cli/main.ts');
await main(process.argv.slice(2));
