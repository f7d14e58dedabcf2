// Users to put into a store, for the tests of the store.
#pragma once

#include <string>

#include "authd/store.h"
#include "unit/authd/scratch.h"
#include "unit/catch.h"

namespace postern::authd {

inline UserRow user_called(const std::string& name) {
  UserRow user;
  user.name = name;
  user.pin_hash = "hash of " + name;
  user.created = {1000};
  user.sealed_secret = bytes_of("sealed for " + name);
  return user;
}

// "ok" is a login that was granted.
inline LoginRecord login_of(std::string_view user, std::int64_t time, std::string_view source,
                            std::string_view result) {
  return {user, {time}, source, source, result, result == "ok", 0, 0};
}

inline Store store_with(const std::string& path, std::initializer_list<const char*> names = {"alice"}) {
  Store store = Store::open(path).value();
  for (const char* name : names) REQUIRE(store.add_user(user_called(name)));
  return store;
}

inline std::string refusal(const std::string& path) {
  const auto store = Store::open(path);
  return store ? "" : store.error().what;
}

}  // namespace postern::authd
