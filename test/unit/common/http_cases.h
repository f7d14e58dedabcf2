// What HTTP parsers must accept and must refuse: the tables of the unit tests, the seeds of
// the fuzzers, and what the system test sends through the gate.  Every refusal names its
// one reason.  Here: what the tables are made of.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/http_grammar.h"

namespace postern::cases {

using namespace std::string_view_literals;

struct Part {  // a line, or a part of one, without its CRLF
  std::string_view text;
  HttpFault fault;
};

// Where a part stands in a message that is good but for it.
enum class Place : std::uint8_t {
  head,        // it is the whole head, with its CRLFs
  start_line,  // a request line or status line
  field,       // a field line, or several
};
struct Family {
  std::string_view name;
  Place place;
  std::span<const Part> parts;
};

struct Refused {
  std::string_view family;
  std::string bytes;
  HttpFault fault;
};

constexpr std::size_t count_of(std::span<const Family> families) {
  std::size_t n = 0;
  for (const Family& family : families) n += family.parts.size();
  return n;
}

// The messages of `families`, each part with `start_line` and `fields` around it, which
// are whole lines with their CRLF.
inline void add_refused(std::vector<Refused>& all, std::span<const Family> families, std::string_view start_line,
                        std::string_view fields) {
  for (const Family& family : families)
    for (const Part& part : family.parts) {
      std::string bytes(part.text);
      if (family.place == Place::start_line) bytes.append("\r\n").append(fields).append("\r\n");
      if (family.place == Place::field)
        bytes = std::string(start_line).append(fields).append(part.text).append("\r\n\r\n");
      all.push_back({family.name, std::move(bytes), part.fault});
    }
}

}  // namespace postern::cases
