import assert from 'node:assert/strict';
import { setting } from '../../../config/setting.ts';

describe('setting, by its format', () => {
  const row = { doc: '', env: 'X', group: '' } as const;

  it('has the type of the format', () => {
    const count: number = setting({ ...row, format: 'count', default: 1 }).default;
    const flag: boolean = setting({ ...row, format: 'flag', default: true }).default;
    const path: string = setting({ ...row, format: 'path', default: '/x' }).default;
    const keys: string[] = setting({ ...row, format: 'api-keys', default: ['x'] }).default;
    const choice: 'calm' | 'stern' = setting({ ...row, format: ['calm', 'stern'], default: 'calm' }).default;
    assert.deepEqual([count, flag, path, keys, choice], [1, true, '/x', ['x'], 'calm']);
  });

  // The type check is the test: it fails where a line below an expectation is right.
  it('takes no other default, profile default or format', () => {
    // @ts-expect-error: a text where the format wants a number
    setting({ ...row, format: 'count', default: 'one' });
    // @ts-expect-error: a text that is not in the list
    setting({ ...row, format: ['calm', 'stern'], default: 'sad' });
    // @ts-expect-error: a text that is not in the list, in a profile
    setting({ ...row, format: ['calm', 'stern'], default: 'calm', profileDefault: () => 'sad' });
    // @ts-expect-error: a format that there is not
    setting({ ...row, format: 'feeling', default: 'calm' });
  });
});
