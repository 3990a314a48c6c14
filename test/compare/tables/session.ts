import type { Table } from '../answers/row.ts';

const API = '/api/whatsapp';

/** A session that waits for a phone. The last row links it. */
export const linking: Table = {
  area: 'linking',
  rows: [
    { name: 'the status', path: `${API}/status`, until: '"state":"qr"' },
    { name: 'the health', path: '/health' },
    { name: 'the QR code as JSON', path: `${API}/qr`, until: ' 200 ' },
    { name: 'the QR code as a picture', path: `${API}/qr`, headers: { accept: 'image/png' }, isOpaque: true },
    {
      name: 'the QR code for a browser',
      path: `${API}/qr`,
      headers: { accept: 'text/html,*/*' },
      isOpaque: true,
    },
    { name: 'the QR code as a film', path: `${API}/qr`, headers: { accept: 'video/mp4' } },
    {
      name: 'a send that waits',
      method: 'POST',
      path: `${API}/send`,
      body: { chat_id: '15550110030', message: 'waits' },
      keep: { earlyId: ['id'] },
    },
    { name: 'a message that waits', path: `${API}/messages/{earlyId}` },
    { name: 'the chats', path: `${API}/chats` },
    { name: 'the state of the phone', path: '/sandbox/api/state' },
    { name: 'a wrong scan', method: 'POST', path: '/sandbox/api/scan', body: { phone: 'nobody', x: 1 } },
    {
      name: 'a scan',
      method: 'POST',
      path: '/sandbox/api/scan',
      body: { phone: '15550119000', pushname: 'Owner' },
    },
    { name: 'the health when it is linked', path: '/health', until: '"whatsapp_ready":true' },
    { name: 'the message that waited', path: `${API}/messages/{earlyId}`, until: '"status":"read"' },
    // From here on nothing happens by itself after the acknowledgement of the server.
    {
      name: 'no acknowledgements of devices',
      method: 'POST',
      path: '/sandbox/api/misbehave',
      body: { kind: 'policy', deviceAckMs: -1, readAckMs: -1 },
    },
    {
      name: 'a number that is not on WhatsApp',
      method: 'POST',
      path: '/sandbox/api/misbehave',
      body: { kind: 'setUnregistered', numbers: ['15550110404'] },
    },
  ],
};

/** The session once it is ready, chats, and health. */
export const session: Table = {
  area: 'session',
  rows: [
    { name: 'the status', path: `${API}/status` },
    { name: 'the status by another method', method: 'POST', path: `${API}/status`, body: {} },
    { name: 'the QR code, when linked', path: `${API}/qr` },
    {
      name: 'a pairing code, when linked',
      method: 'POST',
      path: `${API}/pairing-code`,
      body: { phone_number: '15550119000' },
    },
    {
      name: 'a pairing code for nobody',
      method: 'POST',
      path: `${API}/pairing-code`,
      body: { phone_number: 'x' },
    },
    { name: 'a pairing code without number', method: 'POST', path: `${API}/pairing-code`, body: {} },
    { name: 'connect, when ready', method: 'POST', path: `${API}/connect`, body: {} },
    { name: 'connect with a field', method: 'POST', path: `${API}/connect`, body: { x: 1 } },
    { name: 'disconnect with a field', method: 'POST', path: `${API}/disconnect`, body: { x: 1 } },
    { name: 'reset with a field', method: 'POST', path: `${API}/reset-session`, body: { x: 1 } },
    { name: 'a chat', path: `${API}/chats/15550110030/messages?limit=5` },
    { name: 'a chat that is unknown', path: `${API}/chats/15550119999/messages` },
    { name: 'a chat of nobody', path: `${API}/chats/nobody/messages` },
    { name: 'chats with a wrong limit', path: `${API}/chats?limit=0` },
    { name: 'chats with an unknown parameter', path: `${API}/chats?x=1` },
    { name: 'one chat', path: `${API}/chats?limit=1`, isOpaque: true },
    { name: 'the health', path: '/health' },
    { name: 'the health by HEAD', method: 'HEAD', path: '/health' },
    { name: 'the health by POST', method: 'POST', path: '/health' },
    { name: 'the health by OPTIONS', method: 'OPTIONS', path: '/health' },
    { name: 'the health of the gate', path: '/health/live' },
    { name: 'the health of the gate by HEAD', method: 'HEAD', path: '/health/live' },
    { name: 'the health of the gate by POST', method: 'POST', path: '/health/live' },
    { name: 'an unknown path of the api', path: '/api/nothing' },
    { name: 'an unknown path of WhatsApp', path: `${API}/nothing` },
    { name: 'another case', path: '/api/WhatsApp/status' },
    { name: 'disconnect', method: 'POST', path: `${API}/disconnect`, body: {} },
    { name: 'the status when disconnected', path: `${API}/status`, until: '"state":"stopped"' },
    {
      name: 'a send when disconnected',
      method: 'POST',
      path: `${API}/send`,
      body: { chat_id: '15550110031', message: 'held' },
    },
    { name: 'connect', method: 'POST', path: `${API}/connect`, body: {}, isSilent: true },
    { name: 'the status when connected again', path: `${API}/status`, until: '"waiting":0' },
  ],
};
