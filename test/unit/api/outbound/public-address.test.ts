import assert from 'node:assert/strict';
import fc from 'fast-check';
import { allowPublicAnd } from '../../../../services/api/outbound/public-address.ts';

const REFUSED: Readonly<Record<string, readonly string[]>> = {
  'this network and no address': ['0.0.0.0', '0.1.2.3', '::'],
  'this machine': ['127.0.0.1', '127.255.255.254', '::1'],
  'private networks': ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fdff::1'],
  'the metadata of clouds': ['169.254.169.254', 'fd00:ec2::254', '100.100.100.200', '168.63.129.16'],
  'link-local networks': ['169.254.0.1', 'fe80::1', 'febf::1', 'fe80::1%1', 'fec0::1'],
  'carrier-grade NAT': ['100.64.0.1', '100.127.255.255'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1', 'ff0e::1'],
  benchmarks: ['198.18.0.1', '198.19.255.255', '2001:2::1'],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
  'protocols and the future': [
    '192.0.0.1',
    '192.88.99.1',
    '240.0.0.1',
    '255.255.255.255',
    '100::1',
    '4000::1',
  ],
  'IPv4 within IPv6': [
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:10.0.0.1',
    '::ffff:0:127.0.0.1',
    '::127.0.0.1',
    '::1.1.1.1',
    '64:ff9b::127.0.0.1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::7f00:1',
    '2002:7f00:1::',
    '2002:a9fe:a9fe::1',
    '2001:0:7f00:1::',
  ],
  'what is no address': [
    '',
    'localhost',
    '127.1',
    '0x7f.0.0.1',
    '2130706433',
    '1.1.1.1/32',
    '[2606:4700::1]',
  ],
};

describe('which addresses may be called', () => {
  const isPublic = allowPublicAnd([]);

  for (const [what, addresses] of Object.entries(REFUSED)) {
    it(`refuses ${what}`, () => {
      for (const address of addresses) assert.equal(isPublic(address), false, address);
    });
  }

  it('takes public ones, also where IPv4 is written as IPv6', () => {
    for (const address of [
      '1.1.1.1',
      '172.32.0.1',
      '100.128.0.1',
      '2606:4700::1111',
      '2a00:1450:4001:80b::200e',
    ])
      assert.equal(isPublic(address), true, address);
    for (const address of ['::ffff:1.1.1.1', '64:ff9b::1.1.1.1'])
      assert.equal(isPublic(address), true, address);
  });

  it('takes those of the networks that are allowed, in any notation, and no others', () => {
    const isAllowed = allowPublicAnd(['10.1.0.0/16', 'fd00:1::/32', '127.0.0.1/32']);
    for (const address of ['10.1.2.3', '::ffff:10.1.2.3', 'fd00:1::5', '127.0.0.1', '1.1.1.1'])
      assert.equal(isAllowed(address), true, address);
    for (const address of ['10.2.0.1', '::ffff:10.2.0.1', 'fd00:2::5', '127.0.0.2', '::1'])
      assert.equal(isAllowed(address), false, address);
  });

  it('judges every IPv4 address the same when it is written as IPv6', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => isPublic(address) === isPublic(`::ffff:${address}`)),
      { verbose: true },
    );
  });

  it('takes no IPv6 address outside 2000::/3 but those that hold an IPv4 address', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const isGlobal = /^[23][0-9a-f]{3}:/i.test(address);
        return isGlobal || /^(::ffff:|64:ff9b:)/i.test(address) || !isPublic(address);
      }),
      { verbose: true },
    );
  });
});
