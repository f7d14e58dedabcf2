// Response heads.  Called by wfd's workers, for what an intranet server answered, and by
// the fuzzers.  Pure.  An intranet server is less hostile than the Internet, but its
// answer is read as strictly: the end of each answer decides what the next one is.
// Never put here: what may be passed on to the client, and any policy.
#include "common/http_response.h"

#include "common/http_lines.h"

namespace postern {
namespace {

// "HTTP/1.x NNN": what each place of a status line may hold.
constexpr std::string_view status_places[] = {"H", "T", "T", "P", "/", "1", ".", "01",
                                              " ", "12345", "0123456789", "0123456789"};
constexpr std::size_t minor_place = 7;
constexpr std::size_t status_place = 9;
constexpr std::size_t reason_place = std::size(status_places);

// Reads `text`, a status line or (not `whole`) the beginning of one.  The reason, and
// the blank before it, may be missing; servers leave them out.
HttpFault read_status_line(std::string_view text, bool whole, ResponseHead& out) {
  for (std::size_t i = 0; i < reason_place; ++i) {
    const HttpFault fault = i < status_place ? HttpFault::version_bad : HttpFault::status_bad;
    if (i == text.size()) return whole ? fault : HttpFault::none;
    if (status_places[i].find(text[i]) == std::string_view::npos) return fault;
  }
  if (text.size() > reason_place && text[reason_place] != ' ') return HttpFault::status_bad;
  out.version = text[minor_place] == '1' ? Version::http_1_1 : Version::http_1_0;
  for (const char digit : text.substr(status_place, 3))
    out.status = out.status * 10 + (digit - '0');
  if (text.size() > reason_place) out.reason = trim_blanks(text.substr(reason_place));
  return HttpFault::none;
}

class ResponseReader {
 public:
  ResponseReader(std::string_view window, const HeadLimits& limits, ResponseHead& out)
      : window_(window), limits_(limits), out_(out) {}
  HeadResult read(bool request_was_head);

 private:
  HeadResult read_line();
  void finish(bool request_was_head);

  std::string_view window_;
  const HeadLimits& limits_;
  ResponseHead& out_;
  std::size_t at_ = 0;
  MessageFacts facts_;
};

HeadResult ResponseReader::read(bool request_was_head) {
  const HeadResult line = read_line();
  if (line.state != Parse::done) return line;
  const HeadResult fields =
      read_fields(window_, limits_, at_, out_.fields, [this](const Field& field) {
        return note_field(field, out_.version, facts_);
      });
  if (fields.state == Parse::done) finish(request_was_head);
  return fields;
}

HeadResult ResponseReader::read_line() {
  const HeadLine line = cut_line(window_, limits_.line_bytes);
  const HttpFault fault = read_status_line(line.text, line.whole(), out_);
  if (fault != HttpFault::none) return refuse(fault);
  at_ = line.text.size() + 2;  // counts when the line is whole only
  return line.result;
}

// RFC 9112 section 6.3, in its order.
void ResponseReader::finish(bool request_was_head) {
  const bool interim_or_empty = out_.status < 200 || out_.status == 204;
  const bool announced = facts_.chunked || facts_.content_length.value_or(0) > 0;
  out_.content_length = facts_.content_length;
  out_.keep_alive = facts_.persists(out_.version);
  out_.size = at_;
  if (request_was_head || interim_or_empty || out_.status == 304) {
    if (interim_or_empty && announced) out_.keep_alive = false;
    return;
  }
  if (facts_.chunked) {
    out_.framing = Framing::chunked;
  } else if (facts_.content_length) {
    out_.framing = Framing::length;
    out_.length = *facts_.content_length;
  } else {
    out_.framing = Framing::until_close;
    out_.keep_alive = false;
  }
}

void clear(ResponseHead& head) {
  head.version = Version::http_1_0;
  head.status = 0;
  head.reason = {};
  head.framing = Framing::none;
  head.length = 0;
  head.content_length.reset();
  head.keep_alive = false;
  head.fields.clear();
  head.size = 0;
}

}  // namespace

HeadResult parse_response(std::string_view bytes, const HeadLimits& limits,
                          bool request_was_head, ResponseHead& out) {
  clear(out);
  ResponseReader reader(bytes.substr(0, limits.head_bytes), limits, out);
  return bounded(reader.read(request_was_head), bytes.size(), limits.head_bytes);
}

}  // namespace postern
