import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parse } from 'yaml';
import { yamlText } from '../../../../deploy/rendering/yaml-text.ts';

/** Characters that mean something in YAML, white space above all. */
const text = fc.string({
  unit: fc.constantFrom(' ', '\n', '\t', 'a', '0', '#', ':', '-', '"', "'", '|', '`', '*', '&'),
  maxLength: 8,
});

describe('a value in YAML', () => {
  it('is the same for parsers of both versions, also when it is white space alone', () => {
    const isKept = (value: string) => {
      const written = yamlText({ value, next: 1 });
      for (const version of ['1.1', '1.2'] as const)
        assert.deepEqual(parse(written, { version }), { value, next: 1 });
    };
    for (const value of [' \n', '  \n\n', '\n', ' \n x', 'a\n ']) isKept(value);
    fc.assert(fc.property(text, isKept), { numRuns: 2_000 });
  });
});
