// Errors as values.  A function that can fail returns Result<T>; the caller
// looks, or passes the error up with TRY.  There are no exceptions: reading the
// value of a failed Result aborts the process (built with -D_GLIBCXX_ASSERTIONS),
// and the process is the unit of failure.
#pragma once

#include <cerrno>
#include <cstring>
#include <expected>
#include <string>
#include <utility>

namespace postern {

// What went wrong, in the grammar "cannot VERB OBJECT: REASON".
struct Error {
  std::string what;
  int code = 0;  // the errno behind it, 0 when there is none
};

template <class T = void>
using Result = std::expected<T, Error>;

using Failure = std::unexpected<Error>;

// An error of our own making, with no errno behind it.
inline Failure fail(std::string what) { return Failure(Error{std::move(what), 0}); }

// An error of the system: `what` and the text of `code` (errno as it stands by default).
inline Failure fail_errno(std::string what, int code = errno) {
  what += ": ";
  what += std::strerror(code);
  return Failure(Error{std::move(what), code});
}

// Puts "context: " before an error on its way up.
inline Failure within(const std::string& context, Error error) {
  error.what = context + ": " + error.what;
  return Failure(std::move(error));
}

}  // namespace postern

// TRY(expression): the value of a Result, or return its error from this function.
#define TRY(expression)                                                              \
  __extension__({                                                                    \
    auto try_result_ = (expression);                                                 \
    if (!try_result_) return ::postern::Failure(std::move(try_result_.error()));     \
    std::move(try_result_).value();                                                  \
  })
// TRY_VOID(expression): the same for Result<void>.
#define TRY_VOID(expression)                                                         \
  do {                                                                               \
    auto try_result_ = (expression);                                                 \
    if (!try_result_) return ::postern::Failure(std::move(try_result_.error()));     \
  } while (false)
