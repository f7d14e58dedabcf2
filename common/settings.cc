// What all three configuration files share: how places in them are named, and the rules
// of [process].  The tables themselves stand in settings_redird.cc, settings_wfd.cc and
// settings_authd.cc.  Pure; never put here: a look at the system (settings_check.cc).
#include "common/settings.h"

#include <algorithm>

#include "common/settings_table.h"

namespace postern {

std::string at_line(std::string_view file, unsigned line) {
  return std::string(file) + ":" + std::to_string(line) + ": ";
}

std::string key_name(std::string_view section, std::string_view key) {
  return "[" + std::string(section) + "] " + std::string(key);
}

bool Origin::has(std::string_view section, std::string_view key) const {
  return lines.contains(std::string(section) + " " + std::string(key));
}

std::string Origin::where(std::string_view section, std::string_view key) const {
  const auto found = lines.find(std::string(section) + " " + std::string(key));
  return (found == lines.end() ? file + ": " : at_line(file, found->second)) + key_name(section, key);
}

Result<void> check_process(const Origin& origin, const ProcessSettings& process) {
  if (process.uid_base && origin.has("process", "user_prefix"))
    return fail(origin.where("process", "uid_base") + " cannot stand beside user_prefix: write one of the two");
  return {};
}

std::vector<KeyInfo> list_keys(Daemon daemon) {
  if (daemon == Daemon::redird) return list_redird_keys();
  if (daemon == Daemon::wfd) return list_wfd_keys();
  if (daemon == Daemon::authd) return list_authd_keys();
  return {};
}

}  // namespace postern
