// CSV (RFC 4180) with a header: one user a line.  Fields are unquoted in place.  Whatever
// spreadsheets do beyond the RFC is refused, because it would move values into the wrong
// column.

#include <algorithm>
#include <array>

#include "authd/import_entry.h"

namespace postern::authd {
namespace {

using Fields = std::vector<std::string_view>;
constexpr std::size_t max_fields = 32;

// Takes one record after the other from a text.
class CsvReader {
 public:
  explicit CsvReader(std::span<char> text) : left_(text) {}

  bool done() const { return left_.empty(); }
  std::size_t line() const { return line_; }  // where the next record begins

  // The next record; an error says what is wrong with it, and it is passed over.
  Result<Fields> record() {
    Fields fields;
    std::string wrong;
    for (bool more = true; more;) {
      const Result<std::string_view> field = left_.empty() || left_[0] != '"' ? plain() : quoted();
      if (!field && wrong.empty()) wrong = field.error().what;
      if (field && fields.size() < max_fields) fields.push_back(*field);
      else if (wrong.empty()) wrong = "too many fields";
      more = !left_.empty() && left_[0] == ',';
      if (more) left_ = left_.subspan(1);
    }
    if (!at_end() && wrong.empty()) wrong = "something follows a closing quote";
    skip_line();
    if (!wrong.empty()) return fail(wrong);
    return fields;
  }

 private:
  bool at_end() const {
    const std::string_view left(left_.data(), left_.size());
    return left.empty() || left.starts_with('\n') || left.starts_with("\r\n");
  }
  void skip_line() {
    const auto end = std::ranges::find(left_, '\n');
    left_ = std::span<char>(end == left_.end() ? end : end + 1, left_.end());
    ++line_;
  }
  Result<std::string_view> plain() {
    std::size_t size = 0;
    bool quote = false, control = false;
    for (; size < left_.size() && left_[size] != ',' && left_[size] != '\n'; ++size) {
      if (left_[size] == '\r' && left_.size() - size > 1 && left_[size + 1] == '\n') break;
      quote = quote || left_[size] == '"';
      control = control || static_cast<unsigned char>(left_[size]) < 0x20;
    }
    const std::string_view field(left_.data(), size);
    left_ = left_.subspan(size);
    if (quote) return fail("a quote within a field that does not begin with one");
    if (control) return fail("a control character");
    return field;
  }
  Result<std::string_view> quoted() {
    left_ = left_.subspan(1);
    char* const begin = left_.data();
    std::size_t used = 0, read = 0;
    bool control = false;
    for (; read < left_.size(); ++read) {
      if (left_[read] == '"') {
        if (left_.size() - read < 2 || left_[read + 1] != '"') break;
        ++read;
      }
      if (left_[read] == '\n') ++line_;
      control = control || static_cast<unsigned char>(left_[read]) < 0x20;
      begin[used++] = left_[read];
    }
    const bool closed = read < left_.size();
    left_ = left_.subspan(closed ? read + 1 : read);
    if (!closed) return fail("a quote that is not closed");
    if (control) return fail("a control character");
    return std::string_view(begin, used);
  }

  std::span<char> left_;
  std::size_t line_ = 1;
};

Result<void> put_disabled(ImportUser& user, std::string_view text) {
  if (text != "yes" && text != "no" && text != "true" && text != "false" && !text.empty())
    return fail("disabled must be yes or no");
  user.disabled = text == "yes" || text == "true";
  return {};
}
Result<void> put_type(ImportUser& user, std::string_view text) { return put_kind(user, text.empty() ? "totp" : text); }
Result<void> put_base32(ImportUser& user, std::string_view text) { return put_secret(user, text); }

// In the order in which they are put in: the kind of a token says what a counter is.
struct Column {
  std::string_view name;
  Result<void> (*put)(ImportUser&, std::string_view);
};
constexpr std::array<Column, 9> columns = {{
    {"user", nullptr},
    {"token", put_type},
    {"algorithm", put_algorithm},
    {"digits", put_digits},
    {"period", put_period},
    {"counter", put_counter},
    {"secret", put_base32},
    {"pin", put_pin},
    {"disabled", put_disabled},
}};

std::string known_columns() {
  std::string text;
  for (const Column& column : columns) text += (text.empty() ? "" : ", ") + std::string(column.name);
  return text;
}

// Which column of the table each field of the header is.
Result<std::vector<std::size_t>> read_header(const Fields& fields) {
  std::vector<std::size_t> order;
  for (const std::string_view name : fields) {
    const auto column = std::ranges::find(columns, name, &Column::name);
    if (column == columns.end()) return fail("there is no column " + unknown_name(name) + "; there are " + known_columns());
    const auto number = static_cast<std::size_t>(column - columns.begin());
    if (std::ranges::find(order, number) != order.end()) return fail("the column " + named(name) + " is there twice");
    order.push_back(number);
  }
  if (std::ranges::find(order, 0u) == order.end()) return fail("the column \"user\" is missing");
  return order;
}

Result<void> put_fields(ImportUser& user, const std::vector<std::size_t>& order, const Fields& fields,
                        const ImportRules& rules) {
  if (fields.size() != order.size())
    return fail(std::to_string(fields.size()) + " fields instead of " + std::to_string(order.size()));
  std::array<std::string_view, columns.size()> values;
  for (std::size_t i = 0; i < fields.size(); ++i) values[order[i]] = fields[i];
  TRY_VOID(put_name(user, values[0], rules));
  for (std::size_t i = 1; i < columns.size(); ++i) TRY_VOID(columns[i].put(user, values[i]));
  return {};
}

}  // namespace

void read_csv(std::span<char> text, ImportCollector& found) {
  CsvReader csv(text);
  std::optional<std::vector<std::size_t>> order;
  while (!csv.done()) {
    const std::string where = "line " + std::to_string(csv.line());
    const Result<Fields> fields = csv.record();
    if (fields && fields->size() == 1 && (*fields)[0].empty()) continue;  // an empty line
    if (order) {
      found.add(where, [&](ImportUser& user) -> Result<void> {
        return put_fields(user, *order, TRY(Result<Fields>(fields)), found.rules());
      });
      continue;
    }
    auto header = fields ? read_header(*fields) : Failure(fields.error());
    if (!header) return found.trouble(where, header.error().what);
    order = std::move(*header);
  }
  if (!order) found.trouble("line 1", "there is no header; its columns are " + known_columns());
}

}  // namespace postern::authd
