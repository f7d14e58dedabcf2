// ws_echo.js CERTIFICATE KEY ADDRESS: an echo server of the npm package ws on port 443, as
// its users write it, with compression.
'use strict';
const fs = require('fs');
const https = require('https');
const { WebSocketServer } = require('ws');

const [certificate, key, address] = process.argv.slice(2);
const server = https.createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) });
const sockets = new WebSocketServer({ server, perMessageDeflate: { threshold: 0 }, maxPayload: 1 << 26 });
sockets.on('connection', (socket) => {
  socket.on('message', (data, binary) => socket.send(data, { binary }));
});
server.listen(443, address, () => console.log('ready'));
