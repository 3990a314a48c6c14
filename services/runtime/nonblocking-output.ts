/**
 * Makes writes to a terminal return at once, also while nobody reads it. Returns false when this Node offers no way to do
 * so; the stream then works as before, and a write waits for the reader.
 *
 * Private API of Node: `_handle.setBlocking`. libuv writes to a terminal with blocking calls, and no public call changes
 * that (test: nonblocking-output).
 */
export function makeNonblocking(stream: object): boolean {
  const handle: unknown = Reflect.get(stream, '_handle');
  if (typeof handle !== 'object' || handle === null) return false;
  const setBlocking: unknown = Reflect.get(handle, 'setBlocking');
  if (typeof setBlocking !== 'function') return false;
  setBlocking.call(handle, false);
  return true;
}
