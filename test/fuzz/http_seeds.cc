// Writes the tables of the unit tests as seeds, one file each, into the existing
// directories DIR/http_request, DIR/http_response and DIR/http_body.
#include <cstdio>
#include <fstream>

#include "unit/common/http_chunk_cases.h"
#include "unit/common/http_request_cases.h"
#include "unit/common/http_response_cases.h"

namespace {

class Seeds {
 public:
  explicit Seeds(std::string directory) : directory_(std::move(directory)) {}
  void write(std::string_view bytes) {
    std::ofstream file(directory_ + "/seed" + std::to_string(count_++), std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    good_ = good_ && file.good();
  }
  bool good() const { return good_; }

 private:
  std::string directory_;
  int count_ = 0;
  bool good_ = true;
};

}  // namespace

int main(int argc, char** argv) {
  using namespace postern;
  if (argc != 2) return std::fprintf(stderr, "usage: http_seeds DIR\n"), 100;
  const std::string directory = argv[1];
  Seeds requests(directory + "/http_request"), responses(directory + "/http_response"),
      bodies(directory + "/http_body");
  for (const auto& row : cases::accepted_requests()) requests.write(row.bytes);
  for (const auto& row : cases::refused_requests()) requests.write(row.bytes);
  for (const auto& row : cases::accepted_responses) responses.write(row.bytes);
  for (const auto& row : cases::refused_responses()) responses.write(row.bytes);
  for (const auto& row : cases::chunked_cases)
    bodies.write(std::string{static_cast<char>(Framing::chunked), '\0'} + std::string(row.bytes));
  bodies.write(std::string{static_cast<char>(Framing::length), '\5'} + "hello world");
  bodies.write(std::string{static_cast<char>(Framing::until_close), '\0'} + "hello");
  return requests.good() && responses.good() && bodies.good() ? 0 : 111;
}
