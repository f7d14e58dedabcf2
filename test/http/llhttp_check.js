// llhttp_check.js [LEAST]: reads what http_outcomes prints and holds each text to the
// reading of llhttp, the parser of Node's own HTTP server, in its strict setting.
// What both accept must have the same method, target, fields and body, and end at the same
// byte; where ours waits, llhttp must not have found an end; and what goes on to a server
// must be to llhttp what it is to us.  Fails at the first disagreement, and when fewer than
// LEAST messages were accepted by both.  EXAMPLES=1 prints what else there was.
'use strict';
const { HTTPParser } = require('_http_common');
const { methods } = (() => {
  process.removeAllListeners('warning');
  process.on('warning', () => {});  // that the binding is internal is known
  const binding = process.binding('http_parser');
  return { methods: binding.allMethods || binding.methods };
})();

const USUAL = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'MKCOL', 'COPY', 'MOVE', 'LOCK'];

// For these we may accept what llhttp refuses: methods that it does not know, bytes in a
// target, a tab behind Content-Length's digits, and fields about framing among the trailers,
// which we drop.
const REFUSES_MORE = ['HPE_INVALID_METHOD', 'HPE_INVALID_VERSION', 'HPE_INVALID_CONSTANT', 'HPE_INVALID_URL'];
function may_refuse(reader, bytes) {
  if (/CONTENT_LENGTH|TRANSFER_ENCODING/.test(reader.error) && !reader.now.in_head) return true;
  if (reader.error === 'HPE_INVALID_CONTENT_LENGTH')
    return /content-length:[ \t]*[0-9]+[ \t]*\t[ \t]*\r/i.test(bytes.toString('latin1'));
  return REFUSES_MORE.includes(reader.error);
}

class Reader {
  constructor() {
    this.complete = [];
    this.error = null;
    this.upgraded = false;
    this.parser = new HTTPParser();
    this.parser.initialize(HTTPParser.REQUEST, {}, 1 << 20, 0);
    this.parser[HTTPParser.kOnMessageBegin | 0] = () => {};
    this.begin();
    this.parser[HTTPParser.kOnHeaders | 0] = (fields, url) => {
      if (!this.now.in_head) return;  // trailers
      this.now.fields.push(...fields);
      this.now.target += url;
    };
    this.parser[HTTPParser.kOnHeadersComplete | 0] = (major, minor, fields, method, url, status, text, upgrade, keep) => {
      if (fields) this.now.fields.push(...fields);
      if (url) this.now.target += url;
      Object.assign(this.now, { method: methods[method], keep_alive: keep ? 1 : 0, in_head: false });
      this.upgraded = this.upgraded || upgrade;
      return 0;
    };
    this.parser[HTTPParser.kOnBody | 0] = (piece, from, size) => {
      this.now.body.push(Buffer.from(from === undefined ? piece : piece.subarray(from, from + size)));
    };
    this.parser[HTTPParser.kOnMessageComplete | 0] = () => {
      if (!this.now.in_head) this.complete.push(this.now);
      this.begin();
    };
  }
  begin() {
    this.now = { target: '', fields: [], body: [], in_head: true };
  }
  // False once the parser has refused something.
  feed(bytes) {
    if (this.error === null && bytes.length > 0) {
      const result = this.parser.execute(bytes);
      if (result instanceof Error) this.error = result.code;
    }
    return this.error === null;
  }
  close() {
    this.parser.close();
  }
}

const unhex = (text) => Buffer.from(text, 'hex');
const latin = (text) => unhex(text).toString('latin1');

// An absolute target without its scheme and authority, as it goes on.
function path_of(target, method) {
  const match = /^https:\/\/[^/?#]*(.*)$/i.exec(target);
  if (!match) return target;
  return match[1] || (method === 'OPTIONS' ? '*' : '/');
}

function difference(ours, theirs) {
  const method = latin(ours.method);
  if (theirs.method !== method) return `method ${theirs.method}`;
  if (path_of(theirs.target, method) !== latin(ours.target)) return `target ${theirs.target}`;
  if (!Buffer.concat(theirs.body).equals(unhex(ours.body))) return `body ${Buffer.concat(theirs.body).toString('latin1')}`;
  const fields = ours.fields.flatMap((field) => [latin(field.name), latin(field.value)]);
  if (theirs.fields.length !== fields.length || fields.some((text, i) => text !== theirs.fields[i]))
    return `fields ${JSON.stringify(theirs.fields)}`;
  // We may close where the other would go on, never the other way round.
  if (ours.keep_alive && !theirs.keep_alive) return 'the end of the connection';
  return null;
}

const classes = new Map();
function count(name, bytes) {
  const seen = classes.get(name) || { n: 0, example: bytes };
  seen.n += 1;
  if (bytes.length < seen.example.length) seen.example = bytes;
  classes.set(name, seen);
}

function fail(what, bytes) {
  console.log(`llhttp reads it otherwise: ${what}\n  ${JSON.stringify(bytes.toString('latin1'))}`);
  process.exit(1);
}

let agreed = 0;
let texts = 0;

// Message by message, each fed without its last byte first.
function compare(outcome, bytes, reader) {
  let at = 0;
  for (const [i, ours] of outcome.messages.entries()) {
    reader.feed(bytes.subarray(at, ours.end - 1));
    if (reader.complete.length > i) fail(`ends before byte ${ours.end}`, bytes);
    reader.feed(bytes.subarray(ours.end - 1, ours.end));
    if (reader.error !== null && reader.complete.length === i && may_refuse(reader, bytes))
      return count(`only ours accepts: ${reader.error}`, bytes);
    if (reader.complete.length !== i + 1) fail(`does not end at byte ${ours.end} (${reader.error})`, bytes);
    const wrong = difference(ours, reader.complete[i]);
    if (wrong !== null) fail(`message ${i + 1}: ${wrong}`, bytes);
    agreed += 1;
    at = ours.end;
    if (reader.upgraded) return count('both accept, llhttp sees an upgrade', bytes);
  }
  if (outcome.end === 'closed') return count('both accept, and close', bytes);
  reader.feed(bytes.subarray(at));
  const further = reader.complete.length > outcome.messages.length;
  if (outcome.end === 'more') {
    if (further && reader.error === null) fail('ends where we wait for more', bytes);
    return count(reader.error === null ? 'both wait for more' : `only llhttp refuses what is not complete: ${reader.error}`, bytes);
  }
  count(reader.error !== null ? 'both refuse' : `only ours refuses: ${outcome.end}`, bytes);
}

// What goes up in place of the text.
function compare_rebuilt(outcome) {
  if (outcome.messages.length === 0) return;
  const bytes = unhex(outcome.rebuilt);
  const reader = new Reader();
  reader.feed(bytes);
  reader.close();
  // Of the others it refuses some, or holds them to another protocol's grammar.
  const usual = outcome.messages.every((ours) => USUAL.includes(latin(ours.method)));
  if (reader.error !== null && (!usual || /URL/.test(reader.error))) return count(`goes on, and llhttp refuses it: ${reader.error}`, bytes);
  if (reader.error !== null) fail(`refuses what goes on: ${reader.error}`, bytes);
  if (reader.complete.length !== outcome.messages.length) fail('counts otherwise what goes on', bytes);
  for (const [i, ours] of outcome.messages.entries()) {
    const theirs = reader.complete[i];
    if (theirs.method !== latin(ours.method) || theirs.target !== latin(ours.target) ||
        !Buffer.concat(theirs.body).equals(unhex(ours.body))) fail(`what goes on, message ${i + 1}`, bytes);
  }
}

require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const outcome = JSON.parse(line);
  const bytes = unhex(outcome.bytes);
  const reader = new Reader();
  texts += 1;
  compare(outcome, bytes, reader);
  reader.close();
  compare_rebuilt(outcome);
}).on('close', () => {
  console.log(`  ${texts} texts; ${agreed} messages that llhttp ${process.versions.llhttp} reads as we do`);
  if (process.env.EXAMPLES)
    for (const [name, { n, example }] of [...classes].sort((a, b) => b[1].n - a[1].n))
      console.log(`  ${n} ${name}: ${JSON.stringify(example.toString('latin1'))}`);
  if (agreed < Number(process.argv[2] || 1)) {
    console.log('too few of them to mean anything');
    process.exit(1);
  }
});
