// How often each source may ask something: so many times in a second.  Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "common/address.h"
#include "common/clock.h"

namespace postern::authd {

class SourceRate {
 public:
  // Counts at most `capacity` sources at once; when there are more in one second, the
  // others have to wait.
  explicit SourceRate(std::uint32_t a_second, std::size_t capacity = 4096) : most_(a_second), capacity_(capacity) {}
  void set(std::uint32_t a_second) { most_ = a_second; }

  enum class Answer : std::uint8_t { refused, first_refused, admitted };
  // first_refused: the first no of this second, worth a line in the log.
  Answer admit(const Address& source, Mono now);

 private:
  struct Account {
    Mono since;
    std::uint32_t asked = 0;
  };
  std::uint32_t most_;
  std::size_t capacity_;
  std::map<Address, Account> accounts_;
};

}  // namespace postern::authd
