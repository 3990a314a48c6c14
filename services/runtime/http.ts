/**
 * The values of `node:http`. An import of that module touches every name it exports, and some of them (`fetch`'s
 * relatives) load Node's own undici: 50 ms and several MB in each process, before a port is open. This way does not.
 */
export const { createServer, get, request, STATUS_CODES } = process.getBuiltinModule('node:http');
