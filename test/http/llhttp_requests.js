// llhttp_requests.js [LEAST]: holds what `http_outcomes requests` prints to llhttp's reading.
// What both accept must have the same method, target, fields and body, and end at the same
// byte; where ours waits, llhttp must not have found an end; and what goes on to a server
// must be to llhttp what it is to us.  Fails at the first disagreement, and when fewer than
// LEAST messages were accepted by both.  EXAMPLES=1 prints what else there was.
'use strict';
const { Reader, unhex, latin, fields_differ, body_differs, count, fail, judge_all } = require('./llhttp.js');

// Of the other methods llhttp refuses some, or holds them to another protocol's grammar.
const USUAL = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'MKCOL', 'COPY', 'MOVE', 'LOCK'];

// For these we may accept what llhttp refuses: methods that it does not know, bytes in a
// target, and fields about framing among the trailers, which we drop.
const REFUSES_MORE = ['HPE_INVALID_METHOD', 'HPE_INVALID_VERSION', 'HPE_INVALID_CONSTANT', 'HPE_INVALID_URL'];
function may_refuse(reader) {
  if (/CONTENT_LENGTH|TRANSFER_ENCODING/.test(reader.error) && !reader.now.in_head) return true;
  return REFUSES_MORE.includes(reader.error);
}

// An absolute target without its scheme and authority, as it goes on.
function path_of(target, method) {
  const match = /^https:\/\/[^/?#]*(.*)$/i.exec(target);
  if (!match) return target;
  return match[1] || (method === 'OPTIONS' ? '*' : '/');
}

// A Connection field is none among the trailers (RFC 9110, 6.5.1): we drop it, llhttp closes by it.
function closed_by_trailer(reader) {
  const before = reader.complete.at(-1);
  return reader.error === 'HPE_CLOSED_CONNECTION' && before !== undefined &&
    before.trailers.some((text, i) => i % 2 === 0 && /^(proxy-)?connection$/i.test(text));
}

function difference(ours, theirs) {
  const method = latin(ours.method);
  if (theirs.method !== method) return `method ${theirs.method}`;
  if (path_of(theirs.target, method) !== latin(ours.target)) return `target ${theirs.target}`;
  // We may close where the other would go on, never the other way round.
  if (ours.keep_alive && !theirs.keep_alive) return 'the end of the connection';
  return body_differs(ours, theirs) || fields_differ(ours, theirs);
}

// Message by message, each fed without its last byte first.
function compare(outcome, bytes, reader) {
  let at = 0;
  for (const [i, ours] of outcome.messages.entries()) {
    reader.feed(bytes.subarray(at, ours.end - 1));
    if (reader.complete.length > i) fail(`ends before byte ${ours.end}`, bytes);
    reader.feed(bytes.subarray(ours.end - 1, ours.end));
    if (reader.error !== null && reader.complete.length === i && may_refuse(reader)) {
      count(`only ours accepts: ${reader.error}`, bytes);
      return i;
    }
    if (reader.complete.length === i && closed_by_trailer(reader)) {
      count('both accept, llhttp obeys Connection in a trailer', bytes);
      return i;
    }
    if (reader.complete.length !== i + 1) fail(`does not end at byte ${ours.end} (${reader.error})`, bytes);
    const theirs = reader.complete[i];
    // Proxy-Connection is no field of HTTP (RFC 9112, C.2.2): we drop it, llhttp closes by it.
    if (ours.keep_alive && !theirs.keep_alive && /^proxy-connection:/im.test(bytes.subarray(at, ours.end).toString('latin1'))) {
      count('both accept, llhttp obeys Proxy-Connection', bytes);
      return i + 1;
    }
    const wrong = difference(ours, theirs);
    if (wrong !== null) fail(`message ${i + 1}: ${wrong}`, bytes);
    at = ours.end;
    if (reader.upgraded) {
      count('both accept, llhttp sees an upgrade', bytes);
      return i + 1;
    }
  }
  compare_rest(outcome, bytes, at, reader);
  return outcome.messages.length;
}

function compare_rest(outcome, bytes, at, reader) {
  if (outcome.end === 'closed') return count('both accept, and close', bytes);
  reader.feed(bytes.subarray(at));
  const refused = reader.error !== null;
  if (outcome.end !== 'more') return count(refused ? 'both refuse' : `only ours refuses: ${outcome.end}`, bytes);
  if (reader.complete.length > outcome.messages.length && !refused) fail('ends where we wait for more', bytes);
  count(refused ? `only llhttp refuses what is not complete: ${reader.error}` : 'both wait for more', bytes);
}

// What goes up in place of the text.
function compare_rebuilt(outcome) {
  if (outcome.messages.length === 0) return;
  const bytes = unhex(outcome.rebuilt);
  const reader = new Reader('REQUEST');
  reader.feed(bytes);
  reader.close();
  const usual = outcome.messages.every((ours) => USUAL.includes(latin(ours.method)));
  if (reader.error !== null && (!usual || /URL/.test(reader.error))) return count(`goes on, and llhttp refuses it: ${reader.error}`, bytes);
  if (reader.error !== null) fail(`refuses what goes on: ${reader.error}`, bytes);
  if (reader.complete.length !== outcome.messages.length) fail('counts otherwise what goes on', bytes);
  for (const [i, ours] of outcome.messages.entries()) {
    const theirs = reader.complete[i];
    if (theirs.method !== latin(ours.method) || theirs.target !== latin(ours.target) || body_differs(ours, theirs))
      fail(`what goes on, message ${i + 1}`, bytes);
  }
}

judge_all((outcome, bytes) => {
  const reader = new Reader('REQUEST');
  const agreed = compare(outcome, bytes, reader);
  reader.close();
  compare_rebuilt(outcome);
  return agreed;
}, Number(process.argv[2] || 1));
