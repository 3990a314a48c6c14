import fc from 'fast-check';

const FIRST_HALF = 0xd800;
const HALVES = 0x800;

/**
 * Any text without lone halves of surrogate pairs, as `fc.string({ unit: 'binary' })` gives it. That unit takes a second
 * of processor time to prepare in each process.
 */
export function anyText(limits: { maxLength?: number } = {}): fc.Arbitrary<string> {
  const unit = fc
    .integer({ min: 0, max: 0x10ffff - HALVES })
    .map((code) => String.fromCodePoint(code < FIRST_HALF ? code : code + HALVES));
  return fc.string({ ...limits, unit });
}

/** A URL of a web page with any path. `fc.webUrl` needs the same slow unit. */
export function anyUrl(): fc.Arbitrary<string> {
  const scheme = fc.constantFrom('http', 'https');
  return fc
    .tuple(scheme, fc.domain(), fc.array(anyText({ maxLength: 10 }), { maxLength: 5 }))
    .map(([name, host, path]) => `${name}://${[host, ...path.map(encodeURIComponent)].join('/')}`);
}
