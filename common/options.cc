// Command lines.  Called by master.cc.  Everything that is not one of the five options
// is refused.  Nothing here looks at the configuration, and no option may be a second
// way to set one of its keys.

#include "common/options.h"

#include <getopt.h>

namespace postern {
namespace {

Role role_named(std::string_view name) {
  for (int i = 1; i <= static_cast<int>(Role::last); ++i)
    if (name_of(static_cast<Role>(i)) == name) return static_cast<Role>(i);
  return Role::none;
}

}  // namespace

Result<Options> read_options(int argc, char** argv, Daemon daemon) {
  const std::string name(name_of(daemon));
  const Failure usage = fail("usage: " + name + " [-fnvV] [-c FILE]");
  Options options;
  options.config = "/etc/postern/" + name + ".conf";
  constexpr std::string_view role_option = "--role=";
  if (argc == 2 && std::string_view(argv[1]).starts_with(role_option)) {
    options.role = role_named(std::string_view(argv[1]).substr(role_option.size()));
    if (find_role(daemon, options.role) == nullptr) return usage;
    return options;
  }
  ::opterr = 0;
  for (int c = 0; (c = ::getopt(argc, argv, "c:fnvV")) != -1;) {
    if (c == 'c') options.config = ::optarg;
    else if (c == 'f') options.foreground = true;
    else if (c == 'n') options.check_only = true;
    else if (c == 'v') options.verbose = true;
    else if (c == 'V') options.version = true;
    else return usage;
  }
  if (::optind != argc) return usage;
  return options;
}

}  // namespace postern
