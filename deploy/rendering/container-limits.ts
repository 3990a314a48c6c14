/** The user `node` of the image, who owns DATA_DIR. */
export const IMAGE_USER = 1_000;

/** Where the kit lies in the image; a `.env` there is read as on any machine. */
export const IMAGE_FOLDER = '/app';

/** Threads count; Chromium has some two hundred, and a page that runs wild must not take the host along. */
export const MOST_PROCESSES = 1_024;

/** Chromium draws in /dev/shm, and its pages crash in the 64 MB that containers have by themselves. */
export const SHARED_MEMORY_MB = 256;

/** /tmp is memory: puppeteer's and nginx's temporary files. */
export const TMP_MB = 256;
