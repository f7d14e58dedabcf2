// The one way in which a head leaves this process, to a browser or to a server.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "wfd/constant.h"

namespace postern::wfd {

// Writes the start line first, then fields, then finish().  A name that is no token, or
// a value with a byte that a field may not have (CR, LF and NUL above all), spoils the
// whole head: finish() then fails, and nothing of it can be sent.
class HeadWriter {
 public:
  // Text that outgrows `room` bytes leaves copies of its beginning behind; where that may
  // be a secret, the caller asks for enough.
  explicit HeadWriter(std::size_t room = 1024) { text_.reserve(room); }
  // "METHOD TARGET HTTP/1.1"; the target must be of the bytes that a target may have.
  void request_line(std::string_view method, std::string_view target);
  // "HTTP/1.1 STATUS REASON"; the status has three digits.
  void status_line(unsigned status, std::string_view reason);
  void field(std::string_view name, std::string_view value);
  // As so many fields.
  void fields(ConstantFields lines);
  // The head with its empty line.  The writer is empty afterwards.
  Result<std::string> finish();

 private:
  std::string text_;
  bool good_ = true;
};

// The reason phrase of a status (RFC 9110, 15); "-" for one that is not in the table.
std::string_view reason_of(unsigned status);

}  // namespace postern::wfd
