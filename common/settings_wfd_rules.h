// What must hold between the keys of wfd.conf, and how a row of [hosts] is read.
#pragma once

#include <string_view>

#include "common/settings.h"

namespace postern {

// `name` = `value` of [hosts]; value is [http://|https://]ADDRESS[:PORT].
Result<FixedServer> read_fixed_server(std::string_view name, std::string_view value);

// Every rule between keys; the error is "FILE:LINE: ...", of the key that breaks it.
Result<void> check_rules(const WfdSettings& settings);

}  // namespace postern
