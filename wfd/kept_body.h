// What port 80 got of a request's body, kept until its answer shows whether port 443 must
// have it, too (DESIGN 3.6): people lose their forms otherwise.  Payload only; the framing
// is made anew each time.  Bounded, and wiped when it is done with.  Pure.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "common/buffer.h"

namespace postern::wfd {

class KeptBody {
 public:
  // Keeps what is sent from now on, as long as that is not more than `most` bytes.
  void keep(std::size_t most);
  // `payload` was sent.  What does not fit spoils the rest: then nothing is kept any more.
  void sent(std::string_view payload);
  // There is something that sent() would keep, or something kept.
  bool keeps() const { return bytes_ != nullptr; }
  // Everything that was sent since keep() is here.
  bool whole() const { return bytes_ != nullptr && !again_; }

  // It is to be sent once more, and is gone afterwards.
  void begin_again() { again_ = true; }
  // Some of that is still here.
  bool is_pending() const { return bytes_ != nullptr && again_; }
  // Moves as much of it to `to` as has room, as chunks if `chunked`.  True if some was.
  bool move_again(Buffer& to, bool chunked);

  void forget();

 private:
  std::unique_ptr<Buffer> bytes_;
  bool again_ = false;
};

}  // namespace postern::wfd
