// Keeps the body of a request that went to port 80.  Called by the connection and by its
// pump.  Never let it hold more than its bound, nor keep a part of a body: half a form
// sent again is worse than the 404.

#include "wfd/kept_body.h"

#include "wfd/pump.h"

namespace postern::wfd {

void KeptBody::keep(std::size_t most) {
  bytes_ = std::make_unique<Buffer>(most);
  again_ = false;
}

void KeptBody::sent(std::string_view payload) {
  if (!whole() || bytes_->append(payload)) return;
  forget();
}

bool KeptBody::move_again(Buffer& to, bool chunked) {
  if (!is_pending()) return false;
  const std::size_t put = put_payload(bytes_->view(), to, chunked);
  bytes_->drop(put);
  if (bytes_->empty()) forget();
  return put > 0;
}

void KeptBody::forget() {
  bytes_.reset();  // a buffer wipes what it had
  again_ = false;
}

}  // namespace postern::wfd
