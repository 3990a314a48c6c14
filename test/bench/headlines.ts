/** The figures that the README shows, by name. */
export const HEADLINES: readonly string[] = ['start to /health/live'];
