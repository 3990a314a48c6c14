import { ConfigError, EXIT_CONFIG, faultOfKeysFile, type Loaded, loadConfig } from '#config';

/** The settled configuration; with problems, prints them all and ends the process with 78, before anything has started. */
export function loadOrExit(commandLine: Readonly<Record<string, string>> = {}, service?: string): Loaded {
  try {
    const loaded = loadConfig({ commandLine, ...(service === undefined ? {} : { service }) });
    // A service that restarts while the file is wrong goes on without it: the others have its keys still.
    const fault = service === undefined ? faultOfKeysFile(loaded.config) : undefined;
    if (fault === undefined) return loaded;
    throw new ConfigError([
      `API_KEYS_FILE (apiKeysFile) is ${JSON.stringify(loaded.config.apiKeysFile)}: ${fault}`,
    ]);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { problems } = error;
    process.stderr.write(
      `${problems.join('\n')}\n${problems.length === 1 ? 'One problem' : `${problems.length} problems`} in the configuration; nothing was started.\n`,
    );
    process.exit(EXIT_CONFIG);
  }
}
