// A whole database as one piece of memory, as it would stand in a file.  For backups.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace postern::authd {

class DatabaseImage {
 public:
  DatabaseImage() = default;
  // Takes over memory of SQLite's.
  DatabaseImage(unsigned char* data, std::size_t size) : data_(data), size_(size) {}
  std::span<const std::byte> bytes() const { return {reinterpret_cast<const std::byte*>(data_.get()), size_}; }

 private:
  struct Free {
    void operator()(unsigned char* data) const;
  };
  std::unique_ptr<unsigned char, Free> data_;
  std::size_t size_ = 0;
};

}  // namespace postern::authd
