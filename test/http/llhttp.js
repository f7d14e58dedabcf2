// llhttp, the parser of Node's own HTTP server, in its strict setting: what it reads of
// bytes, and how the checks beside this file report what they find.
'use strict';
const { HTTPParser } = require('_http_common');
process.removeAllListeners('warning');
process.on('warning', () => {});  // that the binding is internal is known
const binding = process.binding('http_parser');
const methods = binding.allMethods || binding.methods;

class Reader {
  constructor(type) {
    this.complete = [];
    this.heads = 0;
    this.error = null;
    this.upgraded = false;
    this.parser = new HTTPParser();
    this.parser.initialize(HTTPParser[type], {}, 1 << 20, 0);
    this.begin();
    this.parser[HTTPParser.kOnHeaders | 0] = (fields, url) => {
      (this.now.in_head ? this.now.fields : this.now.trailers).push(...fields);
      if (this.now.in_head) this.now.target += url;
    };
    this.parser[HTTPParser.kOnHeadersComplete | 0] = (major, minor, fields, method, url, status, text, upgrade, keep) => {
      if (fields) this.now.fields.push(...fields);
      if (url) this.now.target += url;
      Object.assign(this.now, { method: methods[method], status, text, keep_alive: keep ? 1 : 0, in_head: false });
      this.heads += 1;
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
    this.now = { target: '', fields: [], trailers: [], body: [], in_head: true };
  }
  note(result) {
    if (result instanceof Error) this.error = result.code;
  }
  feed(bytes) {
    if (this.error === null && bytes.length > 0) this.note(this.parser.execute(bytes));
  }
  // The peer closes.
  finish() {
    if (this.error === null) this.note(this.parser.finish());
  }
  close() {
    this.parser.close();
  }
}

const unhex = (text) => Buffer.from(text, 'hex');
const latin = (text) => unhex(text).toString('latin1');

// What is wrong between the fields of the two, or nothing.
function fields_differ(ours, theirs) {
  const fields = ours.fields.flatMap((field) => [latin(field.name), latin(field.value)]);
  const same = theirs.fields.length === fields.length && fields.every((text, i) => text === theirs.fields[i]);
  return same ? null : `fields ${JSON.stringify(theirs.fields)}`;
}
function body_differs(ours, theirs) {
  const body = Buffer.concat(theirs.body);
  return body.equals(unhex(ours.body)) ? null : `body ${body.toString('latin1')}`;
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

// Calls `judge(outcome, bytes)` for each line of standard input; it returns how many
// messages both read alike.  Fewer than `least` of them in all are a failure.
function judge_all(judge, least) {
  let texts = 0;
  let agreed = 0;
  require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const outcome = JSON.parse(line);
    texts += 1;
    agreed += judge(outcome, unhex(outcome.bytes));
  }).on('close', () => {
    console.log(`  ${texts} texts; ${agreed} messages that llhttp ${process.versions.llhttp} reads as we do`);
    if (process.env.EXAMPLES)
      for (const [name, { n, example }] of [...classes].sort((a, b) => b[1].n - a[1].n))
        console.log(`  ${n} ${name}: ${JSON.stringify(example.toString('latin1'))}`);
    if (agreed >= least) return;
    console.log('too few of them to mean anything');
    process.exit(1);
  });
}

module.exports = { Reader, unhex, latin, fields_differ, body_differs, count, fail, judge_all };
