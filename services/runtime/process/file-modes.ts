let given: number | undefined;

/** Makes every file that this process and its children create one for its user alone: 600, and 700 for a folder. */
export function keepFilesPrivate(): void {
  given ??= process.umask(0o077);
}

/**
 * Starts a process with the umask that this one was started with. Only what runs before `start` returns has that umask:
 * a process is forked at once, and inherits it then.
 */
export function withGivenUmask<T>(start: () => T): T {
  if (given === undefined) return start();
  const own = process.umask(given);
  try {
    return start();
  } finally {
    process.umask(own);
  }
}
