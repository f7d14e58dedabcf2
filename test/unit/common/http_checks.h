// Properties that hold for every input of the HTTP parsers, whatever it is: shared by
// the unit tests and the fuzzers.  Each returns true when the property holds.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "common/http_body.h"
#include "common/http_head.h"
#include "common/http_response.h"

namespace postern::checks {

inline bool operator==(const HeadResult& a, const HeadResult& b) {
  return a.state == b.state && a.fault == b.fault;
}

inline bool same_fields(const Fields& a, const Fields& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Field& x, const Field& y) {
    return x.name == y.name && x.value == y.value;
  });
}

inline bool same_head(const RequestHead& a, const RequestHead& b) {
  return a.method == b.method && a.target == b.target && a.version == b.version && a.host == b.host &&
         a.port == b.port && a.framing == b.framing && a.length == b.length &&
         a.keep_alive == b.keep_alive && a.expect_continue == b.expect_continue &&
         same_fields(a.fields, b.fields);
}

inline bool same_head(const ResponseHead& a, const ResponseHead& b) {
  return a.version == b.version && a.status == b.status && a.reason == b.reason &&
         a.framing == b.framing && a.length == b.length && a.content_length == b.content_length &&
         a.keep_alive == b.keep_alive && same_fields(a.fields, b.fields);
}

inline std::string fields_text(const Fields& fields) {
  std::string text;
  for (const Field& field : fields)
    text.append(field.name).append(": ").append(field.value).append("\r\n");
  return text + "\r\n";
}
inline std::string_view version_text(Version version) {
  return version == Version::http_1_1 ? "HTTP/1.1" : "HTTP/1.0";
}
inline std::string text_of(const RequestHead& head) {
  return std::string(head.method) + " " + std::string(head.target) + " " +
         std::string(version_text(head.version)) + "\r\n" + fields_text(head.fields);
}
inline std::string text_of(const ResponseHead& head) {
  return std::string(version_text(head.version)) + " " + std::to_string(head.status) + " " +
         std::string(head.reason) + "\r\n" + fields_text(head.fields);
}

// `parse` fed with longer and longer beginnings of `bytes`, each in room of its very
// size: the first answer that is not "more", or the last one.  `used` is how many bytes
// that took.
template <class Parser, class Head>
HeadResult fed_slowly(Parser parse, std::string_view bytes, std::string& room, Head& head,
                      std::size_t& used) {
  HeadResult result{Parse::more, HttpFault::none};
  for (used = 0; used <= bytes.size(); ++used) {
    room = std::string(bytes.substr(0, used));
    result = parse(std::string_view(room), head);
    if (result.state != Parse::more) return result;
  }
  return result;
}

// However the bytes are cut, the answer is the same; what is accepted means the same
// after it was written anew; a limit is never overstepped.
template <class Head, class Parser>
bool head_properties_hold(Parser parse, std::string_view bytes, std::size_t most) {
  Head whole, slow, again;
  std::string room;
  std::size_t used = 0;
  const HeadResult result = parse(bytes, whole);
  const HeadResult slowly = fed_slowly(parse, bytes, room, slow, used);
  if (!(result == slowly)) return false;
  if ((result.state == Parse::bad) != (result.fault != HttpFault::none)) return false;
  if (result.state == Parse::more) return bytes.size() < most;
  if (result.state == Parse::bad) return true;
  if (whole.size != used || used > most || !same_head(whole, slow)) return false;
  const std::string text = text_of(whole);
  const HeadResult twice = parse(std::string_view(text), again);
  if (twice.state == Parse::bad)  // the blank behind the colon may not have been there
    return twice.fault == HttpFault::head_too_long || twice.fault == HttpFault::line_too_long;
  return twice.state == Parse::done && same_head(whole, again) && again.size == text.size();
}

inline bool request_properties_hold(std::string_view bytes, const HeadLimits& limits) {
  return head_properties_hold<RequestHead>(
      [&](std::string_view text, RequestHead& head) { return parse_request(text, limits, head); },
      bytes, limits.head_bytes);
}
inline bool response_properties_hold(std::string_view bytes, const HeadLimits& limits, bool to_head) {
  return head_properties_hold<ResponseHead>(
      [&](std::string_view text, ResponseHead& head) {
        return parse_response(text, limits, to_head, head);
      },
      bytes, limits.head_bytes);
}

struct BodyRun {
  std::string payload;
  std::size_t used = 0;
  bool end = false;
  bool stuck = false;  // a step used nothing up, or more than there was
  HttpFault fault = HttpFault::none;
  bool operator==(const BodyRun&) const = default;
};

// All of `bytes`, given in pieces of `piece` bytes.
inline BodyRun run_body(BodyReader reader, std::string_view bytes, std::size_t piece) {
  BodyRun run;
  run.end = reader.ended();
  while (!run.end && run.used < bytes.size()) {
    const std::string input(bytes.substr(run.used, piece));
    const BodyStep step = reader.next(input);
    run.fault = step.fault;
    if (step.fault != HttpFault::none) return run;
    const std::size_t taken = step.skip + step.payload;
    run.stuck = step.skip > input.size() || taken > input.size() || taken == 0;
    if (run.stuck) return run;
    run.payload.append(input, step.skip, step.payload);
    run.used += taken;
    run.end = step.end;
  }
  return run;
}

// The bytes up to a fault differ with the pieces, for a fault gives nothing back.
inline bool same_run(const BodyRun& a, const BodyRun& b) {
  return !a.stuck && !b.stuck && a.payload == b.payload && a.end == b.end && a.fault == b.fault &&
         (a.fault != HttpFault::none || a.used == b.used);
}

inline bool body_properties_hold(Framing framing, std::uint64_t length, std::string_view bytes) {
  const BodyRun whole = run_body(BodyReader(framing, length), bytes, bytes.size());
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}})
    if (!same_run(whole, run_body(BodyReader(framing, length), bytes, piece))) return false;
  return true;
}

}  // namespace postern::checks
