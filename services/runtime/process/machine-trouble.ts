/** EX_OSERR of sysexits.h: the machine refused something that any program needs; this one has no fault. */
export const EXIT_MACHINE_TROUBLE = 71;

/** What a machine may lack, by the name of the error, in words fit for strangers. */
const TROUBLES = {
  EAGAIN: 'it can start no more processes or threads (EAGAIN)',
  ENOMEM: 'it has no memory left (ENOMEM)',
  EMFILE: 'a process has too many open files (EMFILE)',
  ENFILE: 'it has too many open files (ENFILE)',
  ENOSPC: 'a disk is full (ENOSPC)',
  EDQUOT: 'a disk quota is used up (EDQUOT)',
  ENOBUFS: 'the kernel has no room for connections (ENOBUFS)',
  EIO: 'a disk cannot be read or written (EIO)',
  OOM: 'its memory ran out, and the kernel killed a process (OOM)',
  EX_OSERR: 'it refused something to a program (EX_OSERR)',
} as const;

/** The name of an error of the machine, as `errno` has it; OOM for a kill, EX_OSERR where the program did not say more. */
export type MachineTrouble = keyof typeof TROUBLES;

/** As the C library, its loader, V8 and the assertions of Node put it (test: machine-trouble). */
const PHRASES: readonly (readonly [MachineTrouble, RegExp])[] = [
  ['EAGAIN', /Resource temporarily unavailable|\b(?:pthread|uv_thread)_create\b/],
  [
    'ENOMEM',
    // Not the limit of V8's own heap, which is the program's: `JavaScript heap out of memory`.
    /Cannot allocate memory|Fatal process out of memory|Allocation failed - process out of memory/,
  ],
  ['ENFILE', /Too many open files in system|shared object file: Error 23\b/],
  ['EMFILE', /Too many open files|\buv_loop_init\b|shared object file: Error 24\b/i],
  ['ENOSPC', /No space left on device/],
  ['EDQUOT', /Disk quota exceeded/],
  ['ENOBUFS', /No buffer space available/],
];
const NAME = /\b(EAGAIN|ENOMEM|EMFILE|ENFILE|ENOSPC|EDQUOT|ENOBUFS|EIO)\b/;

/** What the machine lacks, in words fit for strangers. */
export function describeTrouble(trouble: MachineTrouble): string {
  return TROUBLES[trouble];
}

/** The trouble of the machine that made somebody throw this; undefined when it is another error. */
export function troubleOf(thrown: unknown): MachineTrouble | undefined {
  for (let error = thrown, depth = 0; error instanceof Error && depth < MOST_CAUSES; depth += 1) {
    const trouble = troubleIn('code' in error ? `${error.code}` : '') ?? troubleIn(error.message);
    if (trouble !== undefined) return trouble;
    error = error.cause;
  }
  return undefined;
}

const MOST_CAUSES = 10;

/** The trouble of the machine that a text names last. */
export function troubleIn(text: string): MachineTrouble | undefined {
  for (const line of text.split('\n').reverse()) {
    const name = NAME.exec(line)?.[1];
    if (name !== undefined && isTrouble(name)) return name;
    const known = PHRASES.find(([, phrase]) => phrase.test(line));
    if (known !== undefined) return known[0];
  }
  return undefined;
}

/** The exit code of a process that ends with this error. */
export function exitCodeFor(thrown: unknown, otherwise = 1): number {
  return troubleOf(thrown) === undefined ? otherwise : EXIT_MACHINE_TROUBLE;
}

function isTrouble(name: string): name is MachineTrouble {
  return Object.hasOwn(TROUBLES, name);
}
