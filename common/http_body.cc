// Bodies: payload told apart from framing, byte by byte where there is framing, in one
// stride where there is payload.  Called by wfd's pumps in both directions, and by the
// fuzzers.  Nothing is copied, kept or allocated here.  Never put here: tolerance for
// chunk sizes that other parsers read differently (signs, blanks, 0x, extensions, a
// bare LF), for that is how a request is smuggled in a body.
#include "common/http_body.h"

#include <algorithm>

namespace postern {

// What takes a byte of framing, by state.
constexpr BodyReader::Taker BodyReader::takers[] = {
    &BodyReader::take_nothing,     // failed
    &BodyReader::take_nothing,     // ended
    &BodyReader::take_nothing,     // flowing
    &BodyReader::take_nothing,     // counting
    &BodyReader::take_size_start,  // size_start
    &BodyReader::take_size_more,   // size_more
    &BodyReader::take_size_lf,     // size_lf
    &BodyReader::take_nothing,     // data
    &BodyReader::take_data_cr,     // data_cr
    &BodyReader::take_data_lf,     // data_lf
    &BodyReader::take_line_start,  // line_start
    &BodyReader::take_name,        // name
    &BodyReader::take_value,       // value
    &BodyReader::take_line_lf,     // line_lf
    &BodyReader::take_last_lf,     // last_lf
};

BodyReader::BodyReader(Framing framing, std::uint64_t length) {
  static_assert(std::size(takers) == static_cast<std::size_t>(State::last) + 1);
  if (framing == Framing::chunked) state_ = State::size_start;
  if (framing == Framing::until_close) state_ = State::flowing;
  if (framing == Framing::length && length > 0) {
    state_ = State::counting;
    left_ = length;
  }
}

BodyStep BodyReader::next(std::string_view input) {
  if (state_ == State::failed) return fail(fault_);
  std::size_t skip = 0;
  while (skip < input.size() && is_framing()) {
    const HttpFault fault = take(input[skip]);
    if (fault != HttpFault::none) return fail(fault);
    ++skip;
  }
  return flow(skip, input.size() - skip);
}

BodyStep BodyReader::hang_up() {
  if (state_ == State::flowing) state_ = State::ended;
  if (state_ == State::ended) return flow(0, 0);
  return fail(state_ == State::failed ? fault_ : HttpFault::body_cut);
}

bool BodyReader::is_framing() const {
  return state_ >= State::size_start && state_ != State::data;
}

// The payload among the `available` bytes behind `skip` bytes of framing.
BodyStep BodyReader::flow(std::size_t skip, std::size_t available) {
  BodyStep step;
  step.skip = skip;
  if (state_ == State::flowing) step.payload = available;
  if (state_ == State::counting || state_ == State::data) {
    step.payload = static_cast<std::size_t>(std::min<std::uint64_t>(left_, available));
    left_ -= step.payload;
    if (left_ == 0) state_ = state_ == State::data ? State::data_cr : State::ended;
  }
  step.end = state_ == State::ended;
  return step;
}

BodyStep BodyReader::fail(HttpFault fault) {
  state_ = State::failed;
  fault_ = fault;
  BodyStep step;
  step.fault = fault;
  return step;
}

HttpFault BodyReader::take(char c) {
  if (state_ >= State::line_start && ++trailer_bytes_ > trailer_bytes)
    return HttpFault::trailer_too_long;
  return (this->*takers[static_cast<std::size_t>(state_)])(c);
}

HttpFault BodyReader::expect(char c, char wanted, State then, HttpFault otherwise) {
  if (c != wanted) return otherwise;
  state_ = then;
  return HttpFault::none;
}

HttpFault BodyReader::take_nothing(char) { return HttpFault::chunk_bad; }

HttpFault BodyReader::take_size_start(char c) {
  digits_ = 0;  // left_ is 0 already: the chunk before was used up
  if (!is_a(c, byte_class::hex)) return HttpFault::chunk_bad;
  state_ = State::size_more;
  return take_size_more(c);
}

HttpFault BodyReader::take_size_more(char c) {
  if (c == ';') return HttpFault::chunk_extension;
  if (!is_a(c, byte_class::hex)) return expect(c, '\r', State::size_lf, HttpFault::chunk_bad);
  if (digits_ == size_digits) return HttpFault::chunk_bad;
  const int value = is_a(c, byte_class::digit) ? c - '0' : lower(c) - 'a' + 10;
  left_ = left_ * 16 + static_cast<std::uint64_t>(value);
  ++digits_;
  return HttpFault::none;
}

HttpFault BodyReader::take_size_lf(char c) {
  return expect(c, '\n', left_ > 0 ? State::data : State::line_start, HttpFault::chunk_bad);
}

HttpFault BodyReader::take_data_cr(char c) {
  return expect(c, '\r', State::data_lf, HttpFault::chunk_bad);
}

HttpFault BodyReader::take_data_lf(char c) {
  return expect(c, '\n', State::size_start, HttpFault::chunk_bad);
}

HttpFault BodyReader::take_line_start(char c) {
  if (!is_a(c, byte_class::token)) return expect(c, '\r', State::last_lf, HttpFault::trailer_bad);
  if (++trailer_lines_ > trailer_fields) return HttpFault::trailer_too_long;
  state_ = State::name;
  return HttpFault::none;
}

HttpFault BodyReader::take_name(char c) {
  if (is_a(c, byte_class::token)) return HttpFault::none;
  return expect(c, ':', State::value, HttpFault::trailer_bad);
}

HttpFault BodyReader::take_value(char c) {
  if (is_a(c, byte_class::value)) return HttpFault::none;
  return expect(c, '\r', State::line_lf, HttpFault::trailer_bad);
}

HttpFault BodyReader::take_line_lf(char c) {
  return expect(c, '\n', State::line_start, HttpFault::trailer_bad);
}

HttpFault BodyReader::take_last_lf(char c) {
  return expect(c, '\n', State::ended, HttpFault::trailer_bad);
}

HttpFault fault_ahead(BodyReader reader, std::string_view input) {
  while (!reader.ended() && !input.empty()) {
    const BodyStep step = reader.next(input);
    if (step.fault != HttpFault::none) return step.fault;
    input.remove_prefix(step.skip + step.payload);
  }
  return HttpFault::none;
}

}  // namespace postern
