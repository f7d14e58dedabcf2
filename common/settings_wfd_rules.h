// What must hold between the keys of wfd.conf, and how a row of [hosts] is read.
#pragma once

#include <string>
#include <string_view>

#include "common/settings.h"

namespace postern {

// `name` = `value` of [hosts]; value is [http://|https://]ADDRESS[:PORT].
Result<FixedServer> read_fixed_server(std::string_view name, std::string_view value);

// [verify] networks as authd is told them: separated by commas, at most so many bytes.
inline constexpr std::size_t max_verify_networks = 255;
std::string verify_networks_text(const WfdSettings& settings);

// Every rule between keys; the error is "FILE:LINE: ...", of the key that breaks it.
Result<void> check_rules(const WfdSettings& settings);

}  // namespace postern
