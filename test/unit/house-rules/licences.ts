/** Licences that let anyone use, change and pass on the kit as the MIT licence does. By SPDX. */
export const ALLOWED: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Python-2.0',
  'Unlicense',
]);

/** Packages that no rule lets pass, each version looked at by somebody. */
export const EXCEPTIONS: readonly {
  readonly name: string;
  readonly licence: string;
  readonly because: string;
}[] = [
  {
    name: 'async@0.2.10',
    licence: 'none',
    because:
      'it is under MIT by the LICENSE file in its package, and names no licence in package.json; of fluent-ffmpeg',
  },
  {
    name: 'node-webpmux@3.2.1',
    licence: 'LGPL-3.0-or-later',
    because:
      'whatsapp-web.js requires it for stickers; it is a package of its own, unchanged and replaceable, as LGPL 3 §4 asks of a combined work',
  },
];

/** A package of package-lock.json, as far as this matters. */
export interface LockedPackage {
  readonly version?: string | undefined;
  readonly license?: string | undefined;
  readonly dev?: boolean | undefined;
}

/** The packages that are shipped under a licence that is neither allowed nor an exception, and exceptions that are none any more. */
export function licenceFaults(packages: Readonly<Record<string, LockedPackage>>): string[] {
  const shipped = Object.entries(packages).flatMap(
    ([path, { version = '', license = 'none', dev = false }]) =>
      path === '' || dev
        ? []
        : [{ name: `${path.replace(/^.*node_modules\//, '')}@${version}`, licence: license }],
  );
  const isExcepted = (each: { name: string; licence: string }) =>
    EXCEPTIONS.some(({ name, licence }) => name === each.name && licence === each.licence);
  return [
    ...shipped
      .filter((each) => !isAllowed(each.licence) && !isExcepted(each))
      .map(
        ({ name, licence }) =>
          `${name} is under ${licence}: replace it, or say in licences.ts why it may be shipped`,
      ),
    ...EXCEPTIONS.filter(({ name }) => !shipped.some((each) => each.name === name)).map(
      ({ name }) => `${name} is an exception and is not shipped: remove it from licences.ts`,
    ),
  ];
}

/** Of a choice one licence must be allowed, of a combination each. What is nested deeper is not. Source: SPDX 2.3, annex D. */
export function isAllowed(expression: string): boolean {
  const plain = expression.replace(/^\(([^()]*)\)$/, '$1');
  return plain.split(' OR ').some((choice) => choice.split(' AND ').every((licence) => ALLOWED.has(licence)));
}
