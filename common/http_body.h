// Bodies: where the framing ends and the payload begins, found without copying
// (RFC 9112 sections 6 and 7).  Chunk extensions are refused; trailers are read
// strictly, bounded, and dropped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/http_grammar.h"

namespace postern {

// What the next input bytes are: first `skip` bytes of framing, then `payload` bytes of
// body.  Both are used up; what is behind them belongs to the next call, or, after
// `end`, to whoever reads the next head.
struct BodyStep {
  std::size_t skip = 0;
  std::size_t payload = 0;
  bool end = false;                     // the body is complete after these bytes
  HttpFault fault = HttpFault::none;    // then nothing of the input counts
};

class BodyReader {
 public:
  static constexpr std::size_t trailer_bytes = 8192;  // with the empty line that ends them
  static constexpr std::size_t trailer_fields = 32;
  static constexpr std::size_t size_digits = 15;      // hex digits of a chunk size

  // No body: at its end from the start.
  BodyReader() = default;
  // `length` counts with Framing::length only.
  BodyReader(Framing framing, std::uint64_t length);

  // Reads on in `input`.  With input, and before the end, each step uses at least one
  // byte up.  Call again with the rest as long as there is some and `end` is false.  A
  // caller short of room may take fewer payload bytes only by giving fewer in.
  // After a fault every step is that fault; after the end every step is an empty end.
  BodyStep next(std::string_view input);
  // The peer closed.  An end with Framing::until_close, body_cut where more was due.
  BodyStep hang_up();

  bool ended() const { return state_ == State::ended; }
  HttpFault fault() const { return fault_; }
  // Payload bytes still known to come (length, or the rest of this chunk), a hint.
  std::uint64_t due() const { return left_; }

 private:
  enum class State : std::uint8_t {
    failed, ended, flowing, counting,             // until_close, length
    size_start, size_more, size_lf,               // chunk-size CRLF
    data, data_cr, data_lf,                       // chunk-data CRLF
    line_start, name, value, line_lf, last_lf,    // trailer lines and the empty line
    last = last_lf
  };
  using Taker = HttpFault (BodyReader::*)(char);
  static const Taker takers[];

  bool is_framing() const;
  BodyStep flow(std::size_t skip, std::size_t available);
  BodyStep fail(HttpFault fault);
  HttpFault take(char c);
  HttpFault expect(char c, char wanted, State then, HttpFault otherwise);
  HttpFault take_nothing(char c);
  HttpFault take_size_start(char c);
  HttpFault take_size_more(char c);
  HttpFault take_size_lf(char c);
  HttpFault take_data_cr(char c);
  HttpFault take_data_lf(char c);
  HttpFault take_line_start(char c);
  HttpFault take_name(char c);
  HttpFault take_value(char c);
  HttpFault take_line_lf(char c);
  HttpFault take_last_lf(char c);

  State state_ = State::ended;
  HttpFault fault_ = HttpFault::none;
  std::uint64_t left_ = 0;          // of the body, or of this chunk
  std::uint16_t digits_ = 0;        // of the chunk size, so far
  std::uint16_t trailer_lines_ = 0;
  std::uint32_t trailer_bytes_ = 0;
};

// What `reader` would find wrong in `input`; nothing is used up.
HttpFault fault_ahead(BodyReader reader, std::string_view input);

}  // namespace postern
