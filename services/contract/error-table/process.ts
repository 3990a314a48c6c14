import type { ErrorEntry } from './entry.ts';

/** Codes with which any process may end, or answer what it did not expect. */
export const processErrors = {
  already_running: {
    status: 500,
    title: 'Already running',
    remedy: 'Stop the other one, or set another DATA_DIR.',
  },
  data_dir_unusable: {
    status: 500,
    title: 'Data folder not usable',
    remedy: 'Mount a volume that the kit may write, or set another DATA_DIR.',
  },
  port_busy: {
    status: 500,
    title: 'Port in use',
    remedy: 'Stop the process that holds the port, or set another port.',
  },
  internal_error: {
    status: 500,
    title: 'Internal error',
    remedy: 'See the log for the request id, and report it.',
  },
} as const satisfies Record<string, ErrorEntry>;
