// Which fields end at us: those for one connection only (RFC 9110, 7.6.1), and the names
// with which one could speak in our name, in every spelling.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/http_fields.h"

namespace postern::wfd {

// `name` in lower case, with every byte that is no letter or digit as '-'.  Servers read
// X_Postern_User and X.Postern.User as X-Postern-User (CGI, PHP), so names are compared
// in this form.
std::string fold_name(std::string_view name);

// The same for one head after the other: its room is used again, so nothing is allocated.
class NameFolder {
 public:
  // Good until the next call.
  std::string_view operator()(std::string_view name);

 private:
  std::string room_;
};

// True for fields between two neighbours, in every spelling: Connection, Keep-Alive,
// Proxy-*, TE, Trailer, Transfer-Encoding, Content-Length (we write the framing), Upgrade,
// HTTP2-Settings, Expect.
bool is_hop_by_hop(std::string_view folded);

// True for request fields that only we may send, or that no server should hear from the
// Internet: X-Postern-*, Forwarded, X-Forwarded*, X-Real-IP, Early-Data, X-Original-URL,
// X-Rewrite-URL, Proxy.
bool is_spoofable(std::string_view folded);

// True for the fields of an answer in which a server would speak in our name.
bool is_ours_to_answer(std::string_view folded);

// True if a name of `names` folds to `folded`: the configured strip lists.
bool is_listed(std::string_view folded, std::span<const std::string> names);

// What Connection says in one head, which must outlive this.
class ConnectionNames {
 public:
  explicit ConnectionNames(const Fields& fields);
  // True if Connection names `name`, and may: fields that matter from end to end (Cookie,
  // Authorization, Content-Type, Origin...) cannot be taken away like that.
  bool take_away(std::string_view name, std::string_view folded) const;

 private:
  const Fields& fields_;
  bool any_ = false;  // it names more than Keep-Alive, which never goes on
};

}  // namespace postern::wfd
