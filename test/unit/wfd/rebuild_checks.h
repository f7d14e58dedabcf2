// What a head means does not change when it is made anew: shared by the unit tests and
// the fuzzers.  Each function returns what is wrong, or nothing.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wfd/answer.h"
#include "wfd/cookie.h"
#include "wfd/forward.h"

namespace postern::checks {

using FieldList = std::vector<std::pair<std::string, std::string>>;

inline constexpr HeadLimits wide_limits{1 << 20, 1 << 20, Fields::capacity};

// What was made of a head with nearly as many fields as we can hold has some of ours besides,
// and may be more than can be read here.
inline bool outgrew_us(const HeadResult& again, const Fields& before) {
  constexpr std::size_t most_added = 8;
  return again.fault == HttpFault::too_many_fields && before.size() + most_added > Fields::capacity;
}

// The names that end here, said once more and in another way than in field_rules.cc.
inline bool ends_here(std::string_view name) {
  std::string letters;
  for (const char c : name)
    letters += is_a(c, byte_class::letter_or_digit) ? lower(c) : '-';
  const std::string_view all =
      " host connection keep-alive proxy-connection proxy-authorization proxy-authenticate proxy-authentication-info te trailer"
      " transfer-encoding content-length upgrade http2-settings expect forwarded x-real-ip early-data x-original-url"
      " x-rewrite-url proxy ";
  return all.find(" " + letters + " ") != all.npos || letters.starts_with("x-forwarded") || letters.starts_with("x-postern-");
}

inline bool lists(const Fields& fields, std::string_view name) {
  for (const Field& field : fields) {
    if (!equal_folded(field.name, "connection")) continue;
    std::string padded = ",";
    for (const char c : field.value)
      if (c != ' ' && c != '\t') padded += lower(c);
    std::string wanted = ",";
    for (const char c : name) wanted += lower(c);
    if ((padded + ",").find(wanted + ",") != std::string::npos) return true;
  }
  return false;
}

// The other cookies of a Cookie field, as RFC 6265 separates them.
inline std::string other_cookies(std::string_view value) {
  std::string kept;
  bool ours_in_it = false;
  for (std::size_t from = 0; from <= value.size();) {
    const std::size_t end = std::min(value.find(';', from), value.size());
    const std::string_view part = value.substr(from, end - from);
    const std::size_t name = std::min(part.find_first_not_of(' '), part.size());
    if (part.substr(name).starts_with("SessionID=")) ours_in_it = true;
    else kept.append(kept.empty() && from != 0 ? part.substr(name) : part).append(";");
    from = end + 1;
  }
  if (!ours_in_it) return std::string(value);
  if (!kept.empty()) kept.pop_back();
  // What was behind a blank may now be the first, and ours.
  return other_cookies(trim_blanks(kept));
}

inline bool is_framing(std::string_view name) {
  return equal_folded(name, "content-length") || equal_folded(name, "transfer-encoding");
}

// `after` is `before` without some fields; what is missing had a reason to go.
inline std::string_view missing_fields(const Fields& before, const Fields& after) {
  const Field* next = after.begin() + 1;  // behind Host
  for (const Field& field : before) {
    const bool cookie = equal_folded(field.name, "cookie");
    const bool here = next != after.end() && next->name == field.name && !is_framing(next->name) &&
                      (next->value == field.value || (cookie && next->value == trim_blanks(other_cookies(field.value))));
    if (here && !ends_here(field.name)) ++next;
    else if (!ends_here(field.name) && !lists(before, field.name) && !(cookie && trim_blanks(other_cookies(field.value)).find_first_not_of("; ") == std::string_view::npos))
      return "a field is gone";
  }
  for (; next != after.end(); ++next)
    if (!is_framing(next->name)) return "a field is new";
  return {};
}

inline std::string_view same_request(const RequestHead& before, const RequestHead& after) {
  if (after.method != before.method) return "another method";
  if (after.target != before.target) return "another target";
  if (after.host != before.host || after.port != 0) return "another host";
  const bool no_body_said = before.framing == Framing::none && after.framing == Framing::length && after.length == 0;
  if (after.framing != before.framing && !no_body_said) return "another framing";
  if (after.length != before.length) return "another length";
  if (!after.keep_alive || after.version != Version::http_1_1 || after.expect_continue) return "another persistence";
  if (after.fields.size() == 0 || after.fields.begin()->name != "Host") return "Host is not first";
  return missing_fields(before.fields, after.fields);
}

// Bytes that are accepted as a request mean the same to whoever gets the head that
// forward_head makes of them, and that head is its own rebuilding.
inline std::string_view request_rebuilds(std::string_view bytes, bool& accepted) {
  RequestHead head, again;
  accepted = parse_request(bytes, wide_limits, head).state == Parse::done;
  if (!accepted) return {};
  wfd::ForwardPlan plan;
  plan.cookie_name = "SessionID";
  const auto text = wfd::forward_head(head, plan);
  if (!text) return "no head can be made";
  const HeadResult read = parse_request(*text, wide_limits, again);
  if (outgrew_us(read, head.fields)) return {};
  if (read.state != Parse::done) return "the head made is refused";
  if (again.size != text->size()) return "the head made ends early";
  if (const std::string_view wrong = same_request(head, again); !wrong.empty()) return wrong;
  const wfd::OurCookie cookie = wfd::find_cookie(again.fields, plan.cookie_name);
  if (!cookie.value.empty() || cookie.duplicate) return "our cookie goes on";
  const auto twice = wfd::forward_head(again, plan);
  return twice && *twice == *text ? std::string_view() : "made again, it is another head";
}

// A cookie with the attribute Secure, read in another way than in outward.cc.
inline bool is_secure_cookie(std::string_view value) {
  std::string letters;
  for (const char c : value)
    if (c != ' ' && c != '\t') letters += lower(c);
  letters += ';';
  return letters.find(";secure;") != letters.npos || letters.find(";secure=") != letters.npos;
}

// The cookies that an answer sets and that are not ours.
inline std::vector<std::string_view> cookies_set(const Fields& fields) {
  std::vector<std::string_view> cookies;
  for (const Field& field : fields)
    if (equal_folded(field.name, "set-cookie") && !wfd::sets_our_cookie(field.value, "SessionID")) cookies.push_back(field.value);
  return cookies;
}

inline std::string_view same_answer(const ResponseHead& before, const ResponseHead& after, const wfd::ClientFraming& framing,
                                    bool close) {
  if (after.status != before.status || after.reason != before.reason) return "another status";
  const bool bodiless = framing.framing == Framing::none;
  if (!bodiless && (after.framing != framing.framing || after.length != framing.length)) return "another framing";
  if (bodiless && after.framing != Framing::none && !(after.framing == Framing::length && after.length == 0)) return "a body where none was";
  if (before.status >= 200 && after.keep_alive == close) return "another persistence";
  const auto is_of = [](std::string_view now, std::string_view was) {
    return now.starts_with(was) && (now.size() == was.size() || now[was.size()] == ';');
  };
  if (!std::ranges::equal(cookies_set(after.fields), cookies_set(before.fields), is_of)) return "a cookie is gone, or new";
  for (const Field& field : after.fields) {
    if (!equal_folded(field.name, "set-cookie")) continue;
    if (wfd::sets_our_cookie(field.value, "SessionID")) return "our cookie is set";
    if (!is_secure_cookie(field.value)) return "a cookie is not Secure";
  }
  return {};
}

// The same for an answer, as it goes to a client of either version.
inline std::string_view response_rebuilds(std::string_view bytes, const wfd::ClientSide& client, bool& accepted) {
  ResponseHead head, again;
  accepted = parse_response(bytes, wide_limits, client.request_was_head, head).state == Parse::done;
  if (!accepted) return {};
  const std::array<std::string, 1> domains = {"corp.example"};
  wfd::AnswerPlan plan;
  plan.cookie_name = "SessionID";
  plan.domains = domains;
  const wfd::ClientFraming framing = frame_for(head, client);
  const auto text = answer_head(head, plan, client, framing);
  if (head.status == 101) return text ? "a 101 that nobody agreed to" : std::string_view();
  if (!text) return "no head can be made";
  const HeadResult read = parse_response(*text, wide_limits, client.request_was_head, again);
  if (outgrew_us(read, head.fields)) return {};
  if (read.state != Parse::done) return "the head made is refused";
  if (again.size != text->size()) return "the head made ends early";
  if (const std::string_view wrong = same_answer(head, again, framing, framing.close); !wrong.empty()) return wrong;
  const auto twice = answer_head(again, plan, client, framing);
  return twice && *twice == *text ? std::string_view() : "made again, it is another head";
}

}  // namespace postern::checks
