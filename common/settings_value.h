// One value of a configuration file: text in, typed value out, within a rule.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/address.h"
#include "common/clock.h"
#include "common/result.h"
#include "common/settings.h"
#include "common/settings_text.h"

namespace postern {

// Bounds of a value: of numbers, sizes (bytes) and durations (microseconds).
struct Rule {
  Form form = Form::none;
  std::int64_t least = 0;
  std::int64_t most = 0;
  bool pin = false;  // UpstreamVerify: sha256:HEX may be written
};
constexpr Rule text_of(Form form) { return {form, 0, 0, false}; }
constexpr Rule from_to(std::int64_t least, std::int64_t most) { return {Form::none, least, most, false}; }
constexpr Rule from_to(Duration least, Duration most) { return {Form::none, least.us, most.us, false}; }

// Each reads `text` into `value`, or returns an error that says what is allowed, and
// then leaves `value` as it was.  Lists are comma-separated; an item twice is an error.
Result<void> read_value(std::string_view text, const Rule& rule, bool& value);
Result<void> read_value(std::string_view text, const Rule& rule, std::uint16_t& value);  // port
Result<void> read_value(std::string_view text, const Rule& rule, std::uint32_t& value);
Result<void> read_value(std::string_view text, const Rule& rule, std::optional<std::uint32_t>& value);
Result<void> read_value(std::string_view text, const Rule& rule, std::size_t& value);
Result<void> read_value(std::string_view text, const Rule& rule, Duration& value);
Result<void> read_value(std::string_view text, const Rule& rule, std::string& value);
Result<void> read_value(std::string_view text, const Rule& rule, std::vector<std::string>& value);
Result<void> read_value(std::string_view text, const Rule& rule, std::vector<Address>& value);
Result<void> read_value(std::string_view text, const Rule& rule, std::vector<Network>& value);
Result<void> read_value(std::string_view text, const Rule& rule, UpstreamVerify& value);
Result<void> read_value(std::string_view text, const Rule& rule, ListenMode& value);
Result<void> read_value(std::string_view text, const Rule& rule, OnFailure& value);
Result<void> read_value(std::string_view text, const Rule& rule, TlsVersion& value);
Result<void> read_value(std::string_view text, const Rule& rule, Plain& value);
Result<void> read_value(std::string_view text, const Rule& rule, SourceAddress& value);
Result<void> read_value(std::string_view text, const Rule& rule, Bind& value);
Result<void> read_value(std::string_view text, const Rule& rule, IdleCounts& value);
Result<void> read_value(std::string_view text, const Rule& rule, NoStore& value);

}  // namespace postern
