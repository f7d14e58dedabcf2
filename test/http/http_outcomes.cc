// http_outcomes COUNT SEED: COUNT texts that are almost requests of the tables, and what our
// parsers make of each, one JSON object a line: the messages that are complete in it, what
// goes on to a server instead of them, and how the reading ended.  llhttp_check.js holds
// them to another parser's reading.  The same texts for the same seed.
#include <cstdio>
#include <cstdlib>

#include "common/http_body.h"
#include "test/http/json_line.h"
#include "unit/common/http_mutate.h"
#include "unit/common/http_request_cases.h"
#include "wfd/forward.h"

namespace {

using namespace postern;

// All that is read of one text, request after request.
class Reading {
 public:
  explicit Reading(std::string_view text) : text_(text) {
    while (end_.empty() && at_ < text_.size()) read_one();
    if (end_.empty()) end_ = "more";
  }
  void print() const {
    JsonLine("outcome").bytes("bytes", text_).json("messages", "[" + messages_ + "]").bytes("rebuilt", rebuilt_)
        .text("end", end_).print();
  }

 private:
  void read_one() {
    RequestHead head;
    const HeadResult result = parse_request(text_.substr(at_), HeadLimits{}, head);
    if (result.state != Parse::done) {
      end_ = result.state == Parse::more ? "more" : word_of(result.fault);
      return;
    }
    std::size_t end = at_ + head.size;
    std::string body;
    const HttpFault fault = read_body(BodyReader(head.framing, head.length), end, body);
    if (fault != HttpFault::none || !body_ended_) {
      end_ = fault == HttpFault::none ? "more" : word_of(fault);
      return;
    }
    at_ = end;
    note(head, body);
    if (!head.keep_alive) end_ = "closed";
  }

  HttpFault read_body(BodyReader reader, std::size_t& end, std::string& body) {
    while (!reader.ended() && end < text_.size()) {
      const BodyStep step = reader.next(text_.substr(end));
      if (step.fault != HttpFault::none) return step.fault;
      body.append(text_.substr(end + step.skip, step.payload));
      end += step.skip + step.payload;
    }
    body_ended_ = reader.ended();
    return HttpFault::none;
  }

  void note(const RequestHead& head, const std::string& body) {
    std::string fields;
    for (const Field& field : head.fields) {
      if (!fields.empty()) fields += ',';
      fields += JsonLine("field").bytes("name", field.name).bytes("value", field.value).done();
    }
    if (!messages_.empty()) messages_ += ',';
    messages_ += JsonLine("message").bytes("method", head.method).bytes("target", head.target)
                     .json("fields", "[" + fields + "]").bytes("body", body).number("keep_alive", head.keep_alive)
                     .number("end", at_).done();
    rebuild(head, body);
  }

  // What goes up, with the body in one chunk if it came in chunks.
  void rebuild(const RequestHead& head, const std::string& body) {
    wfd::ForwardPlan plan;
    plan.cookie_name = "SessionID";
    const auto made = wfd::forward_head(head, plan);
    if (!made) std::abort();
    rebuilt_ += *made;
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", body.size());
    const bool chunked = head.framing == Framing::chunked;
    if (chunked && !body.empty()) rebuilt_.append(size).append(body).append("\r\n");
    if (!chunked) rebuilt_ += body;
    if (chunked) rebuilt_ += "0\r\n\r\n";
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool body_ended_ = false;
  std::string messages_, rebuilt_;
  std::string_view end_;
};

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  for (const cases::AcceptedRequest& each : cases::accepted_requests()) all.push_back(each.bytes);
  for (const cases::Refused& each : cases::refused_requests())
    if (each.bytes.size() < 500) all.push_back(each.bytes);
  const std::size_t single = all.size();
  cases::Mutator mutator(single);
  for (int i = 0; i < 200; ++i) all.push_back(all[mutator.below(single)] + all[mutator.below(single)]);
  // Good ones more often: what both refuse tells nothing.
  for (int i = 0; i < 3; ++i)
    for (const cases::AcceptedRequest& each : cases::accepted_requests()) all.push_back(each.bytes);
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: http_outcomes COUNT SEED\n"), 100;
  const std::vector<std::string> all = seeds();
  cases::Mutator mutator(std::strtoull(argv[2], nullptr, 10));
  for (unsigned long n = std::strtoul(argv[1], nullptr, 10); n > 0; --n) Reading(mutator.next(all)).print();
  return std::fflush(stdout) == 0 ? 0 : 111;
}
