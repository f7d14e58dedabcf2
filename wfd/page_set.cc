// Makes the pages of each language out of templates and texts.  Called by pages.cc, in the
// nursery and when the configuration is checked.
// A new page is a row of page_table, a new sentence one of say_table; whatever they name
// must then be in every file of texts, or no start succeeds.
#include "wfd/page_set.h"

#include <openssl/evp.h>

#include <algorithm>

#include "wfd/language.h"
#include "wfd/page_files.h"
#include "wfd/texts.h"

namespace postern::wfd {
namespace {

using Names = std::span<const std::string_view>;
using Lists = std::span<const ListPlaces>;
constexpr std::string_view error_places[] = {"status", "title", "text", "detail", "request_id", "login"};
constexpr std::string_view login_places[] = {"user", "no_user", "host", "path", "destination", "error"};
constexpr std::string_view link_places[] = {"address", "link", "host", "path", "destination", "error", "anew"};
constexpr std::string_view portal_places[] = {"user", "sid", "login", "left", "idle_left", "last_login", "failures_note",
                                              "logouts_note", "more_note", "others"};
constexpr std::string_view session_places[] = {"name", "began", "used", "client_v4", "client_both", "client_v6", "here", "elsewhere"};
constexpr ListPlaces portal_lists[] = {{"sessions", session_places}};
constexpr std::string_view failures_places[] = {"failures_note", "last_login", "continue", "logouts_note"};

struct PageRow {
  const char* file;
  Names places;
  Lists lists;
};
// In the order of Leaf.
constexpr PageRow page_table[] = {
    {"error.html", error_places, {}},   {"login.html", login_places, {}}, {"link.html", link_places, {}},
    {"portal.html", portal_places, portal_lists}, {"logged_out.html", {}, {}},      {"failures.html", failures_places, {}},
};
static_assert(std::size(page_table) == page_count);

constexpr std::string_view time_source[] = {"time", "source"};
constexpr std::string_view count[] = {"count"};
constexpr std::string_view count_time[] = {"count", "time"};
constexpr std::string_view address[] = {"address"};
constexpr std::string_view host_domain[] = {"host", "domain"};
constexpr std::string_view reason[] = {"reason"};

struct SayRow {
  std::string_view key;
  Names places;
};
// In the order of Say.
constexpr SayRow say_table[] = {
    {},
    {"last_login.none", {}},
    {"last_login.some", time_source},
    {"failures.one", count},
    {"failures.many", count},
    {"logouts.one", count_time},
    {"logouts.many", count_time},
    {"portal.more", count},
    {"login.wrong", {}},
    {"login.no_cookies", {}},
    {"login.cookie_lost", {}},
    {"link.wrong", {}},
    {"detail.log_in_at", address},
    {"detail.login_loop", host_domain},
    {"detail.cookie_domain", host_domain},
    {"detail.logout_not_kept", {}},
    {"detail.server_unproved", reason},
    {"detail.certificate_expired", reason},
    {"detail.certificate_unknown", reason},
    {"detail.certificate_of_another", reason},
};
static_assert(std::size(say_table) == say_count);

// One page of a language, before its texts are in.
struct Source {
  const PageRow* row;
  std::string text;
};

Result<std::string> need(const Texts& texts, const std::string& key) {
  const std::string* text = texts.find(key);
  if (text == nullptr) return fail("cannot take texts: there is no " + key);
  return *text;
}

// "'sha256-BASE64'" of an inline style (CSP 3, 2.3.1).
Result<std::string> style_source(std::string_view style) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(style.data(), style.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    return fail("cannot hash the style of a page");
  std::array<unsigned char, 4 * ((EVP_MAX_MD_SIZE + 2) / 3) + 1> text{};
  const int length = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
  std::string source = "'sha256-";
  std::for_each_n(text.begin(), length, [&](unsigned char c) { source += static_cast<char>(c); });
  return source + "'";
}

Result<std::string> policy_of(const Template& page, const PageSettings& settings) {
  if (page.style().empty()) return policy_with("style-src 'self'; img-src 'self'; ", settings);
  return policy_with("style-src " + TRY(style_source(page.style())) + "; ", settings);
}

Result<Template> make_page(const Source& source, const Texts& texts) {
  return Template::parse(TRY(texts.put_into(source.text)), Places{source.row->places, source.row->lists});
}

Result<void> take_sentences(PageSet& set, const Texts& texts) {
  for (std::size_t i = 0; i < say_count; ++i) {
    if (say_table[i].key.empty()) continue;
    const std::string key(say_table[i].key);
    auto sentence = Template::parse(TRY(need(texts, key)), {say_table[i].places, {}});
    if (!sentence) return within(key, sentence.error());
    set.sentences[i] = std::move(*sentence);
  }
  return {};
}

Result<void> take_errors(PageSet& set, const Texts& texts) {
  for (std::size_t i = 0; i < error_count; ++i) {
    const std::string key = "error." + std::to_string(error_rows[i].status);
    set.errors[i] = {TRY(need(texts, key + ".title")), TRY(need(texts, key + ".text"))};
  }
  return {};
}

Result<PageSet> make_set(const std::string& tag, std::span<const Source> sources, const Texts& texts,
                         const PageSettings& settings) {
  PageSet set;
  set.tag = tag;
  for (std::size_t i = 0; i < page_count; ++i) {
    auto page = make_page(sources[i], texts);
    if (!page) return within(sources[i].row->file, page.error());
    set.pages[i] = std::move(*page);
    set.policies[i] = TRY(policy_of(set.pages[i], settings));
  }
  TRY_VOID(take_sentences(set, texts));
  TRY_VOID(take_errors(set, texts));
  return set;
}

// The languages among the files; an error for a file that is neither a page nor one.
Result<std::vector<std::string>> tags_among(std::span<const std::string> names) {
  std::vector<std::string> tags;
  for (const std::string& name : names) {
    const bool page = std::ranges::find(page_table, name, &PageRow::file) != std::end(page_table);
    if (page || name == "static") continue;
    if (!name.starts_with(texts_prefix)) return fail(name + " has no place among the pages");
    const std::string tag = name.substr(texts_prefix.size());
    if (!is_language_tag(tag)) return fail(name + " has no place among the pages: what follows \"texts.\" is no language");
    if (tags.size() == max_languages) return fail("cannot take " + name + ": too many languages");
    tags.push_back(tag);
  }
  return tags;
}

Result<Texts> read_texts(int directory, const std::string& tag) {
  const std::string name = std::string(texts_prefix) + tag;
  const std::string file = TRY(read_page_file(directory, name, max_page_bytes));
  auto texts = Texts::parse(tag, file);
  if (!texts) return within(name, texts.error());
  return texts;
}

Result<std::vector<Source>> read_sources(int directory) {
  std::vector<Source> sources;
  for (const PageRow& row : page_table) sources.push_back({&row, TRY(read_page_file(directory, row.file, max_page_bytes))});
  return sources;
}

// Those of `first` in front, for that is where the default is looked for.
Result<void> put_first(std::vector<std::string>& tags, const std::string& first) {
  const auto found = std::ranges::find(tags, first);
  if (found == tags.end()) return fail("there is no " + std::string(texts_prefix) + first + ", the [login] language");
  std::rotate(tags.begin(), found, found + 1);
  return {};
}

}  // namespace

std::size_t error_number(unsigned status) {
  const auto* row = std::ranges::find(error_rows, status, &ErrorRow::status);
  return row == std::end(error_rows) ? 0 : static_cast<std::size_t>(row - std::begin(error_rows));
}

// Chromium applies form-action to the redirect after a form too, so the hosts that a
// login leads to are named.  "*.DOMAIN" does not include DOMAIN, which may be one.
std::string policy_with(const std::string& sources, const PageSettings& settings) {
  std::string policy = "default-src 'none'; " + sources + "form-action 'self'";
  for (const std::string& domain : settings.domains) policy += " https://*." + domain;
  for (const std::string& domain : settings.domains) policy += " https://" + domain;
  return policy + "; frame-ancestors 'none'; base-uri 'none'";
}

std::string PageSet::say(Say what, std::span<const std::string_view> values) const {
  return sentences[static_cast<std::size_t>(what)].plain(values);
}

Result<std::vector<PageSet>> read_page_sets(int directory, const PageSettings& settings) {
  const std::vector<Source> sources = TRY(read_sources(directory));
  const std::vector<std::string> names = TRY(list_page_names(directory));
  std::vector<std::string> tags = TRY(tags_among(names));
  TRY_VOID(put_first(tags, settings.language));
  const Texts english = TRY(read_texts(directory, "en"));
  std::vector<PageSet> sets;
  for (const std::string& tag : tags) {
    const Texts texts = TRY(read_texts(directory, tag));
    const std::string name = std::string(texts_prefix) + tag;
    if (const Result<void> same = english.same_as(texts); !same) return within(name, same.error());
    auto set = make_set(tag, sources, texts, settings);
    if (!set) return within(name, set.error());
    sets.push_back(std::move(*set));
  }
  return sets;
}

}  // namespace postern::wfd
