// llhttp_answers.js [LEAST]: holds what `http_outcomes answers` prints to llhttp's reading.
// A head that both accept ends at the same byte and has the same status and fields; its body
// ends at the same byte, or with the connection, and is the same.  Fails at the first
// disagreement, and when fewer than LEAST answers were accepted by both.
'use strict';
const { Reader, fields_differ, body_differs, count, fail, judge_all } = require('./llhttp.js');

// Fields about framing among the trailers, which we drop.
function may_refuse(reader) {
  return /CONTENT_LENGTH|TRANSFER_ENCODING/.test(reader.error) && !reader.now.in_head;
}

// The head, fed without its last byte first.  True if both accept it.
function same_head(ours, bytes, reader) {
  reader.feed(bytes.subarray(0, ours.size - 1));
  if (reader.heads > 0) fail(`the head ends before byte ${ours.size}`, bytes);
  reader.feed(bytes.subarray(ours.size - 1, ours.size));
  if (reader.error !== null && may_refuse(reader)) {
    count(`only ours accepts: ${reader.error}`, bytes);
    return false;
  }
  if (reader.heads !== 1) fail(`the head does not end at byte ${ours.size} (${reader.error})`, bytes);
  const theirs = reader.complete[0] || reader.now;
  if (theirs.status !== ours.status) fail(`status ${theirs.status}`, bytes);
  if (ours.keep_alive && !theirs.keep_alive) fail('the end of the connection', bytes);
  const wrong = fields_differ(ours, theirs);
  if (wrong !== null) fail(wrong, bytes);
  return true;
}

// True if both know the same end.
function same_body(ours, bytes, reader) {
  reader.feed(bytes.subarray(ours.size, ours.length - 1));
  if (ours.length > ours.size && ours.framing !== 'until-close' && reader.complete.length > 0) fail('the body ends early', bytes);
  if (ours.length > ours.size) reader.feed(bytes.subarray(Math.max(ours.size, ours.length - 1), ours.length));
  if (reader.error !== null && may_refuse(reader)) {
    count(`only ours accepts: ${reader.error}`, bytes);
    return false;
  }
  if (ours.framing === 'until-close') {
    if (reader.complete.length > 0) fail('the body ends before the connection', bytes);
    reader.finish();
  }
  if (reader.complete.length !== 1) fail(`the body does not end at byte ${ours.length} (${reader.error})`, bytes);
  const wrong = body_differs(ours, reader.complete[0]);
  if (wrong !== null) fail(wrong, bytes);
  return true;
}

// Returns how many answers both read alike: one or none.
function compare(ours, bytes, reader) {
  if (ours.status === undefined) {
    reader.feed(bytes);
    count(reader.error !== null ? 'both refuse' : ours.end === 'more' ? 'both wait for more' : `only ours refuses: ${ours.end}`, bytes);
    return 0;
  }
  if (!same_head(ours, bytes, reader)) return 0;
  // We know no body there, whatever the fields say, and then do not use the connection again.
  if (ours.framing === 'none') {
    if (reader.complete.length === 0 && ours.keep_alive && ours.status !== 101 && ours.status !== 304) fail('a body where none is', bytes);
    return 1;
  }
  if (ours.end === 'whole') return same_body(ours, bytes, reader) ? 1 : 0;
  reader.feed(bytes.subarray(ours.size));
  if (ours.end === 'more' && reader.complete.length > 0) fail('ends where we wait for more', bytes);
  count(ours.end === 'more' ? 'both wait for more of a body' : `the body is refused by us: ${ours.end}; by llhttp: ${reader.error}`, bytes);
  return 0;
}

judge_all((outcome, bytes) => {
  const reader = new Reader('RESPONSE');
  const agreed = compare(outcome, bytes, reader);
  reader.close();
  return agreed;
}, Number(process.argv[2] || 1));
