import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ROOT } from '../../../services/runtime/root-folder.ts';
import { isAllowed, licenceFaults } from './licences.ts';

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({ version: z.string().optional(), license: z.string().optional(), dev: z.boolean().optional() }),
  ),
});

describe('licences of what is shipped', () => {
  const { packages } = lockSchema.parse(JSON.parse(readFileSync(`${ROOT}/package-lock.json`, 'utf8')));

  it('are all allowed, or exceptions with a reason', () => {
    assert.ok(Object.keys(packages).length > 300);
    assert.deepEqual(licenceFaults(packages), []);
  });

  it('are refused when a package is new, has changed its licence, or has none', () => {
    const more = {
      ...packages,
      'node_modules/a': { version: '1.0.0', license: 'AGPL-3.0-only' },
      'node_modules/b/node_modules/@c/d': { version: '2.0.0' },
      'node_modules/node-webpmux': { version: '4.0.0', license: 'LGPL-3.0-or-later' },
      'node_modules/only-for-tests': { version: '1.0.0', license: 'GPL-2.0', dev: true },
    };
    assert.deepEqual(
      licenceFaults(more).map((fault) => fault.split(':')[0]),
      [
        'node-webpmux@4.0.0 is under LGPL-3.0-or-later',
        'a@1.0.0 is under AGPL-3.0-only',
        '@c/d@2.0.0 is under none',
        'node-webpmux@3.2.1 is an exception and is not shipped',
      ],
    );
  });

  for (const [expression, isGood] of [
    ['MIT', true],
    ['(MIT OR CC0-1.0)', true],
    ['MIT OR GPL-3.0-only', true],
    ['(MIT AND GPL-3.0-only)', false],
    ['MIT AND ISC', true],
    ['GPL-2.0-only WITH Classpath-exception-2.0', false],
    ['SEE LICENSE IN LICENSE.md', false],
    ['UNLICENSED', false],
    ['mit', false],
    ['', false],
  ] as const)
    it(`${JSON.stringify(expression)}: ${isGood ? 'allowed' : 'not allowed'}`, () =>
      assert.equal(isAllowed(expression), isGood));
});
