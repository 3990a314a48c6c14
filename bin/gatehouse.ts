#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// Before anything is imported: from the second start on, nothing is parsed or stripped again.
enableCompileCache();
const { main } = await import('../cli/main.ts');
await main(process.argv.slice(2));
