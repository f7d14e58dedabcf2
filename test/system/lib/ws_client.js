// ws_client.js HOST ADDRESS COOKIE AUTHORITY: a client of the npm package ws that sends
// messages of many sizes and wants each one back; prints what was agreed on.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const WebSocket = require('ws');

const [host, address, cookie, authority] = process.argv.slice(2);
const sizes = [0, 1, 125, 126, 65535, 65536, 1 << 20, 5 << 20];
const socket = new WebSocket(`wss://${host}/`, {
  ca: fs.readFileSync(authority),
  origin: `https://${host}`,
  headers: { Cookie: `SessionID=${cookie}` },
  lookup: (name, options, done) => (options.all ? done(null, [{ address, family: 4 }]) : done(null, address, 4)),
  maxPayload: 1 << 26,
});
const sent = [];
const fail = (why) => {
  console.error(String(why));
  process.exit(1);
};
socket.on('open', () => {
  for (const size of sizes) {
    for (const data of [crypto.randomBytes(size), 'x'.repeat(size)]) {
      sent.push(data);
      socket.send(data);
    }
  }
  socket.ping('still there?');
});
let pongs = 0;
socket.on('pong', (data) => (pongs += data.toString() === 'still there?'));
socket.on('message', (data, binary) => {
  const wanted = sent.shift();
  if (binary !== Buffer.isBuffer(wanted) || Buffer.compare(Buffer.from(wanted), data) !== 0) fail('another message came back');
  if (sent.length === 0) socket.close(1000, 'done');
});
socket.on('close', (code, reason) => {
  if (code !== 1000 || reason.toString() !== 'done' || pongs !== 1) fail(`closed with ${code} ${reason}, ${pongs} pongs`);
  console.log(`extensions=${socket.extensions} messages=${2 * sizes.length}`);
});
socket.on('error', fail);
setTimeout(() => fail('too slow'), 30000).unref();
