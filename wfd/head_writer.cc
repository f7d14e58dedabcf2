// Writes heads.  Used by forward.cc (to a server) and answer.cc (to a browser), and by
// nobody else: whatever was parsed, computed or configured passes these checks last, so
// that no value can ever begin a line of its own.
// Never add a function that appends text which neither the compiler (constant.h) nor a check here has judged.
#include "wfd/head_writer.h"

#include <algorithm>
#include <utility>

#include "common/http_grammar.h"
#include "common/secret.h"

namespace postern::wfd {
namespace {

bool is_value(std::string_view text) { return span_of_value(text) == text.size(); }

struct ReasonRow {
  unsigned status;
  std::string_view reason;
};
constexpr ReasonRow reasons[] = {
    {100, "Continue"},
    {200, "OK"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

}  // namespace

void HeadWriter::request_line(std::string_view method, std::string_view target) {
  if (!text_.empty() || !is_token(method) || target.empty() ||
      span_of(target, byte_class::target) != target.size())
    good_ = false;
  text_ += method;
  text_ += ' ';
  text_ += target;
  text_ += " HTTP/1.1\r\n";
}

void HeadWriter::status_line(unsigned status, std::string_view reason) {
  if (!text_.empty() || status < 100 || status > 999 || !is_value(reason)) good_ = false;
  text_.append("HTTP/1.1 ").append(std::to_string(status)) += ' ';
  text_ += reason;
  text_ += "\r\n";
}

void HeadWriter::field(std::string_view name, std::string_view value) {
  if (text_.empty() || !is_token(name) || !is_value(value)) good_ = false;
  const std::size_t before = text_.size();
  const std::size_t after = before + name.size() + value.size() + 4;
  // The library may offer more room than asked for (GCC 12 does, where the text must grow): what was
  // not written is nobody's to send.
  text_.resize_and_overwrite(after, [&](char* text, std::size_t) {
    char* at = std::copy_n(name.data(), name.size(), text + before);
    *at++ = ':';
    *at++ = ' ';
    at = std::copy_n(value.data(), value.size(), at);
    *at++ = '\r';
    *at = '\n';
    return after;
  });
}

void HeadWriter::fields(ConstantFields lines) {
  if (text_.empty()) good_ = false;
  text_ += lines.view();
}

Result<std::string> HeadWriter::finish() {
  std::string head = std::exchange(text_, {});
  if (!std::exchange(good_, true) || head.empty()) {
    wipe(head.data(), head.size());  // there may be a cookie in it
    return fail("cannot write head: a part of it is not fit");
  }
  head += "\r\n";
  return head;
}

std::string_view reason_of(unsigned status) {
  for (const ReasonRow& row : reasons)
    if (row.status == status) return row.reason;
  return "-";
}

}  // namespace postern::wfd
