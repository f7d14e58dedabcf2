// Reads templates and static files into memory.  Called by pages.cc and page_set.cc in the nursery,
// before the filter is narrowed: a worker that serves a client opens no file.
// Never read a file at the word of a request: requests only pick from what is in memory.
#include "wfd/page_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>

#include "common/http_grammar.h"
#include "common/unique_fd.h"

namespace postern::wfd {
namespace {

struct TypeRow {
  std::string_view extension;
  std::string_view type;
};
constexpr TypeRow types[] = {
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
};

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

bool is_plain_name(std::string_view name) {
  return !name.starts_with('.') && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return is_a(c, byte_class::letter_or_digit) || c == '.' || c == '_' || c == '-';
  });
}

Result<Directory> open_directory(int parent, const char* name) {
  UniqueFd fd = UniqueFd::adopt(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return fail_errno("cannot open " + std::string(name));
  Directory directory(::fdopendir(fd.get()));
  if (!directory) return fail_errno("cannot read " + std::string(name));
  (void)fd.release();  // closedir closes it now
  return directory;
}

}  // namespace

std::string_view content_type_of(std::string_view name) {
  for (const TypeRow& row : types)
    if (name.ends_with(row.extension)) return row.type;
  return {};
}

Result<std::string> read_page_file(int directory, const std::string& name, std::size_t limit) {
  const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;  // a fifo must not hold us up
  const UniqueFd fd = UniqueFd::adopt(::openat(directory, name.c_str(), flags));
  if (!fd) return fail_errno("cannot open " + name);
  struct stat about {};
  if (::fstat(fd.get(), &about) != 0) return fail_errno("cannot stat " + name);
  if (!S_ISREG(about.st_mode)) return fail("cannot read " + name + ": not a regular file");
  std::string content(limit + 1, '\0');
  std::size_t size = 0;
  while (size < content.size()) {
    const ssize_t got = ::read(fd.get(), content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("cannot read " + name);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > limit) return fail("cannot read " + name + ": over " + std::to_string(limit) + " bytes");
  return content.substr(0, size);  // a copy: without exceptions shrink_to_fit() does nothing
}

Result<std::vector<std::string>> list_page_names(int directory) {
  const Directory open = TRY(open_directory(directory, "."));
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(open.get());
    if (entry == nullptr && errno != 0) return fail_errno("cannot read the pages");
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
    if (names.size() > max_page_names) return fail("cannot read the pages: too many files");
  }
  std::ranges::sort(names);
  return names;
}

Result<std::vector<StaticFile>> read_static_files(int directory) {
  const Directory open = TRY(open_directory(directory, "static"));
  std::vector<StaticFile> files;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(open.get());
    if (entry == nullptr && errno != 0) return fail_errno("cannot read static");
    if (entry == nullptr) return files;
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (!is_plain_name(name)) return fail("cannot take static file: its name has other than [A-Za-z0-9._-]");
    if (files.size() == max_static_files) return fail("cannot take static files: too many");
    const std::string_view type = content_type_of(name);
    if (type.empty()) return fail("cannot take static/" + name + ": unknown extension");
    std::string content = TRY(read_page_file(::dirfd(open.get()), name, max_static_bytes));
    files.push_back({name, type, std::move(content)});
  }
}

}  // namespace postern::wfd
