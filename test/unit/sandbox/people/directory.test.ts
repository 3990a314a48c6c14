import assert from 'node:assert/strict';
import { lidOf, numberOf, registeredNumber } from '../../../../services/sandbox/web/people/directory.ts';

describe('people of the stand-in', () => {
  it('have a LID each, of 15 digits, which leads back to the number', () => {
    const numbers = Array.from({ length: 5000 }, (_, n) => String(15550000000 + n * 7));
    const lids = numbers.map((number) => lidOf(number) ?? '');
    assert.equal(new Set(lids).size, numbers.length);
    assert.deepEqual(
      lids.filter((lid) => !/^[1-9]\d{14}$/.test(lid)),
      [],
    );
    assert.deepEqual(lids.map(numberOf), numbers);
    assert.deepEqual(
      numbers.filter((number) => lidOf(number)?.includes(number)),
      [],
    );
  });

  it('have none in the range 1555099', () => {
    assert.equal(lidOf('15550990000'), undefined);
    assert.equal(numberOf('99887766'), undefined);
  });

  const registered = [
    ['a Brazilian number of a low area code keeps its ninth digit', '5511987654321', '5511987654321'],
    ['a Brazilian number of a low area code gets the ninth digit', '551187654321', '5511987654321'],
    ['a Brazilian number of a high area code loses the ninth digit', '5531987654321', '553187654321'],
    ['a Brazilian landline stays', '553132654321', '553132654321'],
    ['an even Mexican number gets the 1', '525512345678', '5215512345678'],
    ['an odd Mexican number loses the 1', '5215512345679', '525512345679'],
    ['an Argentine number gets the 9', '541123456789', '5491123456789'],
    ['an Argentine number keeps the 9', '5491123456789', '5491123456789'],
    ['any other number stays', '15552220000', '15552220000'],
  ] as const;
  for (const [what, typed, number] of registered)
    it(`are registered under one form of their number: ${what}`, () =>
      assert.equal(registeredNumber(typed), number));
});
