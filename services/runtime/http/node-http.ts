/**
 * `node:http`. An import of that module touches every name it exports, and some of them (relatives of `fetch`) load
 * Node's own undici: 50 ms and several MB in each process, before a port is open. This way does not.
 */
export const http = process.getBuiltinModule('node:http');
