// All that the gate says to people in one language: its pages and its sentences, made of
// the files in the worker's /pages once, before the first request.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "wfd/template.h"

namespace postern::wfd {

struct PageSettings {
  std::string login_host;
  std::vector<std::string> domains;  // [domain] name
  std::string language;              // [login] language
};

enum class Leaf : std::uint8_t { error, login, link, portal, logged_out, failures, last = failures };
inline constexpr std::size_t page_count = static_cast<std::size_t>(Leaf::last) + 1;

// Sentences that the code chooses; all others stand in the pages.  Their keys and the
// values that they take stand in page_set.cc.
enum class Say : std::uint8_t {
  nothing,
  first_login, last_login, failures_one, failures_many, logouts_one, logouts_many,  // portal, failures
  more_sessions,  // portal
  wrong, no_cookies, cookie_lost, wrong_passcode,  // login, link
  log_in_at, login_loop, cookie_domain, logout_not_kept,  // errors
  server_unproved, certificate_expired, certificate_unknown, certificate_of_another,
  last = certificate_of_another
};
inline constexpr std::size_t say_count = static_cast<std::size_t>(Say::last) + 1;

// The statuses that have a page; what is said for each stands in the files.
struct ErrorRow {
  unsigned status;
  unsigned retry_after;  // seconds; 0: not said
};
inline constexpr ErrorRow error_rows[] = {  // the first one stands for every other status
    {500, 0}, {400, 0}, {401, 0}, {403, 0}, {404, 0}, {405, 0}, {408, 0}, {413, 0},
    {414, 0}, {417, 0}, {421, 0}, {429, 10}, {431, 0}, {502, 0}, {503, 2}, {504, 0},
};
inline constexpr std::size_t error_count = std::size(error_rows);
std::size_t error_number(unsigned status);

struct ErrorText {
  std::string title, text;
};

struct PageSet {
  std::string tag;  // of the language
  std::array<Template, page_count> pages;
  std::array<std::string, page_count> policies;  // Content-Security-Policy of each
  std::array<ErrorText, error_count> errors;     // in the order of error_rows
  std::array<Template, say_count> sentences;

  // As plain text, to be a value of a page; `values` in the order of page_set.cc.
  std::string say(Say what, std::span<const std::string_view> values = {}) const;
};

// Reads *.html and texts.* of `directory` (borrowed): a set for each language, that of
// settings.language first.  English must be among them, for programs are answered in it.
// A file that is missing, too long, malformed or has no place there, a text that one
// language lacks, and a place that a page does not have is an error: the start stops.
Result<std::vector<PageSet>> read_page_sets(int directory, const PageSettings& settings);

// The policy of a page, or of what is none (with `sources` empty).
std::string policy_with(const std::string& sources, const PageSettings& settings);

}  // namespace postern::wfd
