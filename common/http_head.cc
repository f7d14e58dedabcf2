// Request heads, read strictly and completely before anything else happens to a request
// (DESIGN: 3.3).  Called by the workers of redird and wfd, and by the fuzzers.  Pure.
// Never put here: which hosts, methods or paths are allowed (that is policy), and any
// repair of what a client got wrong (R4: what was not understood is refused).
#include "common/http_head.h"

#include "common/http_lines.h"

namespace postern {
namespace {

constexpr std::size_t method_bytes = 32;

struct SchemeRow {
  std::string_view start;  // of a target in absolute form
  std::uint16_t port;      // where none is named
};
constexpr SchemeRow schemes[] = {{"https://", 443}, {"http://", 80}};  // by Transport
const SchemeRow& scheme_of(Transport transport) { return schemes[static_cast<std::size_t>(transport)]; }

// The request line, from left to right.  Each step reads its part of a line that may end
// anywhere, and says none while nothing is wrong with what there is of it.
class RequestLine {
 public:
  RequestLine(std::string_view text, bool whole, std::string_view scheme)
      : text_(text), whole_(whole), scheme_(scheme) {}

  HttpFault read(RequestHead& out);
  // The authority of a target in absolute form; empty in the other forms.
  std::string_view authority() const { return authority_; }

 private:
  HttpFault read_target(std::string_view text, bool ended, RequestHead& out);
  HttpFault read_absolute(std::string_view text, bool ended, RequestHead& out);
  HttpFault read_version(std::string_view text, RequestHead& out) const;
  HttpFault stop() const { return whole_ ? HttpFault::request_line_bad : HttpFault::none; }

  std::string_view text_;
  bool whole_;
  std::string_view scheme_;
  std::string_view authority_;
};

// Only bytes that may stand in a target, and in the path two hex digits behind each percent
// sign.  In a query, browsers send a lone one as it was typed ("?q=100%"), and no server
// looks for the end of a path behind it.
HttpFault check_target_bytes(std::string_view text, bool ended) {
  std::size_t hex_due = 0;
  bool in_query = false;
  for (const char c : text) {
    if (hex_due > 0) {
      if (!is_a(c, byte_class::hex)) return HttpFault::target_bad;
      --hex_due;
    } else if (!is_a(c, byte_class::target)) {
      return HttpFault::target_bad;
    } else if (c == '%' && !in_query) {
      hex_due = 2;
    }
    in_query = in_query || c == '?';
  }
  return ended && hex_due > 0 ? HttpFault::target_bad : HttpFault::none;
}

HttpFault RequestLine::read(RequestHead& out) {
  const std::size_t method_end = span_of(text_, byte_class::token);
  if (method_end > method_bytes) return HttpFault::method_bad;
  if (method_end == text_.size()) return stop();
  if (method_end == 0 || text_[method_end] != ' ') return HttpFault::method_bad;
  out.method = text_.substr(0, method_end);
  // CONNECT asks for a tunnel to a place of the client's choice; there is no such thing here.
  if (out.method == "CONNECT") return HttpFault::method_bad;

  const std::string_view rest = text_.substr(method_end + 1);
  const std::size_t blank = rest.find(' ');
  const bool ended = blank != rest.npos;
  const HttpFault fault = read_target(rest.substr(0, blank), ended, out);
  if (fault != HttpFault::none) return fault;
  return ended ? read_version(rest.substr(blank + 1), out) : stop();
}

HttpFault RequestLine::read_target(std::string_view text, bool ended, RequestHead& out) {
  if (text.empty()) return ended ? HttpFault::request_line_bad : HttpFault::none;
  out.target = text;
  if (text.front() == '*')
    return out.method == "OPTIONS" && text.size() == 1 ? HttpFault::none : HttpFault::target_bad;
  if (text.front() != '/') {
    const HttpFault fault = read_absolute(text, ended, out);
    if (fault != HttpFault::none) return fault;
  }
  return check_target_bytes(text, ended);
}

// Absolute form (RFC 9112 section 3.2.2): the scheme, an authority without userinfo, and
// the path, which may be empty.
HttpFault RequestLine::read_absolute(std::string_view text, bool ended, RequestHead& out) {
  const std::size_t compared = std::min(text.size(), scheme_.size());
  if (!equal_folded(text.substr(0, compared), scheme_.substr(0, compared)))
    return HttpFault::target_bad;
  if (compared < scheme_.size()) return ended ? HttpFault::target_bad : HttpFault::none;

  const std::string_view rest = text.substr(scheme_.size());
  const std::size_t slash = rest.find_first_of("/?");
  if (slash == rest.npos && !ended) return HttpFault::none;
  HostPort named;
  if (!parse_host(rest.substr(0, slash), named)) return HttpFault::target_bad;
  authority_ = rest.substr(0, slash);
  if (slash == rest.npos) {
    out.target = out.method == "OPTIONS" ? "*" : "/";
    return HttpFault::none;
  }
  // A query without a path has no origin form that would be a part of what was sent.
  if (rest[slash] == '?') return HttpFault::target_bad;
  out.target = rest.substr(slash);
  return HttpFault::none;
}

HttpFault RequestLine::read_version(std::string_view text, RequestHead& out) const {
  constexpr std::string_view known = "HTTP/1.";
  const std::size_t compared = std::min(text.size(), known.size());
  if (text.substr(0, compared) != known.substr(0, compared)) return HttpFault::version_bad;
  if (text.size() <= known.size()) return whole_ ? HttpFault::version_bad : HttpFault::none;
  const char minor = text[known.size()];
  if (text.size() > known.size() + 1 || (minor != '0' && minor != '1'))
    return HttpFault::version_bad;
  out.version = minor == '1' ? Version::http_1_1 : Version::http_1_0;
  return HttpFault::none;
}

class RequestReader {
 public:
  RequestReader(std::string_view window, const HeadLimits& limits, RequestHead& out, const SchemeRow& scheme)
      : window_(window), limits_(limits), out_(out), scheme_(scheme) {}
  HeadResult read();

 private:
  HeadResult skip_empty_line();
  HeadResult read_line();
  HttpFault note(const Field& field);
  HttpFault note_host(std::string_view value);
  HttpFault note_expectation(std::string_view value);
  HttpFault finish();

  std::string_view window_;
  const HeadLimits& limits_;
  RequestHead& out_;
  const SchemeRow& scheme_;
  std::size_t at_ = 0;
  std::string_view authority_;
  MessageFacts facts_;
};

HeadResult RequestReader::read() {
  const HeadResult empty = skip_empty_line();
  if (empty.state != Parse::done) return empty;
  const HeadResult line = read_line();
  if (line.state != Parse::done) return line;
  const HeadResult fields = read_fields(window_, limits_, at_, out_.fields,
                                        [this](const Field& field) { return note(field); });
  if (fields.state != Parse::done) return fields;
  const HttpFault fault = finish();
  return fault == HttpFault::none ? complete : refuse(fault);
}

HeadResult RequestReader::skip_empty_line() {
  if (window_.empty()) return need_more;
  if (window_[0] != '\r') return complete;
  const HeadLine line = cut_line(window_, limits_.line_bytes);
  if (line.whole()) at_ = 2;
  return line.result;
}

HeadResult RequestReader::read_line() {
  const HeadLine line = cut_line(window_.substr(at_), limits_.line_bytes);
  RequestLine request(line.text, line.whole(), scheme_.start);
  const HttpFault fault = request.read(out_);
  if (fault != HttpFault::none) return refuse(fault);
  if (line.result.fault == HttpFault::line_too_long) return refuse(HttpFault::target_too_long);
  authority_ = request.authority();
  at_ += line.text.size() + 2;  // counts when the line is whole only
  return line.result;
}

HttpFault RequestReader::note(const Field& field) {
  if (equal_folded(field.name, "host")) return note_host(field.value);
  if (equal_folded(field.name, "expect")) return note_expectation(field.value);
  return note_field(field, out_.version, facts_);
}

HttpFault RequestReader::note_host(std::string_view value) {
  if (!out_.host.empty()) return HttpFault::host_twice;
  HostPort named{std::move(out_.host), 0};  // lends its room, so that nothing is allocated
  const bool good = parse_host(value, named);
  out_.host = std::move(named.host);
  out_.port = named.port;
  return good ? HttpFault::none : HttpFault::host_bad;
}

HttpFault RequestReader::note_expectation(std::string_view value) {
  if (!equal_folded(value, "100-continue") || out_.fields.count("expect") != 1)
    return HttpFault::expectation_unknown;
  out_.expect_continue = out_.version == Version::http_1_1;  // RFC 9110 section 10.1.1
  return HttpFault::none;
}

HttpFault RequestReader::finish() {
  if (out_.host.empty()) return HttpFault::host_missing;
  if (!authority_.empty()) {
    HostPort named;
    const auto port_of = [this](std::uint16_t port) { return port == 0 ? scheme_.port : port; };
    if (!parse_host(authority_, named) || named.host != out_.host || port_of(named.port) != port_of(out_.port))
      return HttpFault::host_differs;
  }
  if (facts_.chunked) out_.framing = Framing::chunked;
  if (facts_.content_length) out_.framing = Framing::length;
  out_.length = facts_.content_length.value_or(0);
  out_.keep_alive = facts_.persists(out_.version);
  out_.size = at_;
  return HttpFault::none;
}

void clear(RequestHead& head) {
  head.method = head.target = {};
  head.version = Version::http_1_0;
  head.host.clear();
  head.port = 0;
  head.framing = Framing::none;
  head.length = 0;
  head.keep_alive = head.expect_continue = false;
  head.fields.clear();
  head.size = 0;
}

}  // namespace

HeadResult parse_request(std::string_view bytes, const HeadLimits& limits, RequestHead& out, Transport transport) {
  clear(out);
  RequestReader reader(bytes.substr(0, limits.head_bytes), limits, out, scheme_of(transport));
  return bounded(reader.read(), bytes.size(), limits.head_bytes);
}

}  // namespace postern
