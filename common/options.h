// The command line that the three daemons share (DESIGN 6).
#pragma once

#include <string>

#include "common/result.h"
#include "common/roles.h"

namespace postern {

struct Options {
  std::string config;         // -c FILE
  bool check_only = false;    // -n
  bool foreground = false;    // -f
  bool verbose = false;       // -v
  bool version = false;       // -V
  Role role = Role::none;     // --role=NAME: how a master starts its roles
};

// `daemon` gives the default configuration file.  The error is a usage line.
Result<Options> read_options(int argc, char** argv, Daemon daemon);

}  // namespace postern
