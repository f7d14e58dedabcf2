// Writes the tables of the unit tests, and texts of the kinds that the other fuzzers take,
// as seeds, one file each, into the existing directories DIR/FUZZER.
#include <cstdio>
#include <fstream>
#include <iterator>

#include "unit/common/http_chunk_cases.h"
#include "unit/common/http_crowd_cases.h"
#include "unit/common/http_request_cases.h"
#include "unit/common/http_response_cases.h"
#include "unit/common/message_list.h"

namespace {

using namespace postern;

class Seeds {
 public:
  explicit Seeds(std::string directory) : directory_(std::move(directory)) {}
  void write(std::string_view bytes) {
    std::ofstream file(directory_ + "/seed" + std::to_string(count_++), std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush();
    good_ = good_ && file.good();
  }
  bool good() const { return good_; }

 private:
  std::string directory_;
  int count_ = 0;
  bool good_ = true;
};

bool http_seeds(const std::string& directory) {
  Seeds requests(directory + "/http_request"), responses(directory + "/http_response"), bodies(directory + "/http_body"),
      rebuilds(directory + "/rebuild");
  for (const auto& row : cases::refused_requests()) requests.write(row.bytes);
  for (const auto& row : cases::refused_responses()) responses.write(row.bytes);
  for (const auto& row : cases::accepted_requests()) {
    requests.write(row.bytes);
    rebuilds.write("\x02" + row.bytes);
  }
  for (const auto& row : cases::accepted_responses) {
    responses.write(row.bytes);
    rebuilds.write((row.to_head ? "\x07" : "\x03") + std::string(row.bytes));
  }
  for (const std::size_t fields : cases::crowds) {
    responses.write(cases::crowded_answer("A:", fields));
    rebuilds.write("\x02" + cases::crowded_request(fields));
    for (const char* side : {"\x01", "\x03", "\x07", "\x0b"})
      rebuilds.write(side + cases::crowded_answer("Set-Cookie: a=b", fields));
  }
  for (const auto& row : cases::chunked_cases)
    bodies.write(std::string{static_cast<char>(Framing::chunked), '\0'} + std::string(row.bytes));
  bodies.write(std::string{static_cast<char>(Framing::length), '\5'} + "hello world");
  bodies.write(std::string{static_cast<char>(Framing::until_close), '\0'} + "hello");
  return requests.good() && responses.good() && bodies.good() && rebuilds.good();
}

bool cookie_seeds(const std::string& directory) {
  Seeds seeds(directory + "/cookie");
  const std::string ours = "SessionID=" + std::string(43, 'A');
  for (const std::string& text : {ours, ours + "; a=b", "a=b; " + ours, "a=b;" + ours + ";c=d", ours + "; " + ours, "$Version=1; " + ours,
                                  std::string(43, 'A'), std::string("/a/b/c?d"), std::string("a = b ;; c")})
    seeds.write(text);
  return seeds.good();
}

bool form_seeds(const std::string& directory) {
  Seeds seeds(directory + "/form");
  for (const char* text : {"user=alice&pin=12345678&passcode=123+456&host=www.corp.example&path=%2Fa%3Fb", "host=a.corp.example&path=/",
                           "host=&path=%2F%2Fevil.example", "path=%5Cx&host=evil.example", "link=abc&host=a.corp.example"})
    seeds.write(text);
  return seeds.good();
}

template <class M>
std::string message_seed(unsigned seed) {
  M message;
  test::Filler filler(seed, test::Amount::random);
  filler.fill(message);
  std::vector<std::byte> bytes(max_message);
  bytes.resize(encode(message, bytes));
  return static_cast<char>(M::kind) + std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

template <class... M>
bool message_seeds(const std::string& directory, std::tuple<M...>*) {
  Seeds seeds(directory + "/messages");
  for (unsigned n = 1; n <= 3; ++n) (seeds.write(message_seed<M>(n)), ...);
  return seeds.good();
}

// The shipped files, whose keys are all commented out, as they are and with all keys in.
bool settings_seeds(const std::string& directory) {
  Seeds seeds(directory + "/settings");
  for (const char daemon : {'\0', '\1', '\2'}) {
    constexpr const char* files[] = {"etc/redird.conf", "etc/wfd.conf", "etc/authd.conf"};
    std::ifstream file(files[static_cast<int>(daemon)]);
    std::string section, line;
    while (std::getline(file, line)) {
      if (line.starts_with('[')) section = line;
      if (line.starts_with('#') && line.find('=') != line.npos) seeds.write(daemon + section + "\n" + line.substr(1) + "\n");
      else if (line.find('=') != line.npos) seeds.write(daemon + section + "\n" + line + "\n");
    }
  }
  seeds.write("\1[tls]\ncertificate=/c\nkey=/k\n[domain]\nname=example.org\n[intranet]\nnetworks=10.0.0.0/8\n[login]\nhost=login.example.org\n");
  return seeds.good();
}

// Field lines for a handshake, and frames with the mask "mask".
bool websocket_seeds(const std::string& directory) {
  Seeds seeds(directory + "/websocket");
  for (const char* lines :
       {"Sec-WebSocket-Protocol: v2.chat, v1.chat\r\nSec-WebSocket-Protocol: old\r\n", "Sec-WebSocket-Protocol: a,,b\r\n",
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n",
        "Sec-WebSocket-Extensions: a; b=1; c=\"2\" , d;e\r\n", "Sec-WebSocket-Extensions: a; b=\"1,2\r\n", "Content-Length: 0\r\n",
        "Cookie: SessionID=x; a=b\r\nOrigin: https://a.lab.example\r\n"})
    seeds.write(lines);
  const std::string text = "\x81\x85maskhello", ping = "\x89\x80mask", close = "\x88\x82mask12";
  const std::string medium = "\x82\xfe" + std::string("\0\x7e", 2) + "mask" + std::string(126, 'x');
  const std::string large = "\x02\xff" + std::string("\0\0\0\0\0\1\0\0", 8) + "mask" + std::string(99, 'x');
  for (const std::string& frames : {text, ping + text + close, medium + text, large, std::string("\x81\5hello"), text.substr(0, 5)})
    seeds.write(frames);
  return seeds.good();
}

bool sign_text_seeds(const std::string& directory) {
  Seeds seeds(directory + "/sign_text");
  const std::string blanks(64, ' ');
  for (const std::size_t hash : {32, 48})
    seeds.write(blanks + std::string("TLS 1.3, server CertificateVerify\0", 34) + std::string(hash, 'h'));
  const std::string randoms(64, 'r');
  seeds.write(randoms + std::string("\3\0\x1d\x20", 4) + std::string(32, 'p'));
  seeds.write(randoms + std::string("\3\0\x17\x41\4", 5) + std::string(64, 'p'));
  seeds.write(randoms + std::string("\3\0\x18\x61\4", 5) + std::string(96, 'p'));
  return seeds.good();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: seeds DIR\n"), 100;
  const std::string to = argv[1];
  const bool good = http_seeds(to) && cookie_seeds(to) && form_seeds(to) && settings_seeds(to) && sign_text_seeds(to) &&
                    websocket_seeds(to) && message_seeds(to, static_cast<test::EveryMessage*>(nullptr));
  return good ? 0 : 111;
}
