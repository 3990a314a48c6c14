import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';

/**
 * Takes the lines that nginx writes of its requests, JSON as those of the other gate, from a named pipe: nginx opens
 * its logs by name, and cannot open the socket that is our standard output.
 */
export function readAccessLines(path: string, write: (lines: string) => void): Disposable {
  // For writing as well: it then has a writer at all times, and never ends.
  const pipe = new Socket({ fd: openSync(path, constants.O_RDWR | constants.O_NONBLOCK), writable: false });
  let rest = '';
  pipe.setEncoding('utf8');
  pipe.on('data', (text: string) => {
    const end = text.lastIndexOf('\n') + 1;
    if (end > 0) write(rest + text.slice(0, end));
    rest = end > 0 ? text.slice(end) : rest + text;
  });
  return { [Symbol.dispose]: () => void pipe.destroy() };
}
