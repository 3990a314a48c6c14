import { ConfigError, EXIT_CONFIG, type Loaded, loadConfig } from '#config';

/** The settled configuration; with problems, prints them all and ends the process with 78, before anything has started. */
export function loadOrExit(commandLine: Readonly<Record<string, string>> = {}, service?: string): Loaded {
  try {
    return loadConfig({ commandLine, ...(service === undefined ? {} : { service }) });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { problems } = error;
    process.stderr.write(
      `${problems.join('\n')}\n${problems.length === 1 ? 'One problem' : `${problems.length} problems`} in the configuration; nothing was started.\n`,
    );
    process.exit(EXIT_CONFIG);
  }
}
