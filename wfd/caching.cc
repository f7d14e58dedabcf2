// Which answers are not to be kept, and which fields would say otherwise.  Called by
// answer.cc.  Never let one of the server's fields stand beside ours: where two disagree,
// each cache believes the one it likes.
#include "wfd/caching.h"

#include <algorithm>

#include "wfd/outward.h"

namespace postern::wfd {
namespace {

constexpr std::string_view caching[] = {"cache-control", "pragma", "expires", "surrogate-control", "cdn-cache-control"};

}  // namespace

bool must_not_be_kept(const ResponseHead& answer, NoStore rule) {
  if (answer.status < 200 || rule == NoStore::no) return false;
  const Field* type = answer.fields.find("content-type");
  return rule == NoStore::all || type == nullptr || type->value.empty() || is_page(type->value);
}

bool is_about_caching(std::string_view folded) {
  return std::ranges::find(caching, folded) != std::ranges::end(caching);
}

}  // namespace postern::wfd
