// http_outcomes requests|answers COUNT SEED: COUNT texts that are almost messages of the
// tables, and what our parsers make of each, one JSON object a line: the messages that are
// complete in it, what goes on instead of them, and how the reading ended.
// llhttp_KIND.js holds them to another parser's reading.  The same texts for a seed.
#include <cstdio>
#include <cstdlib>

#include "common/http_body.h"
#include "test/http/json_line.h"
#include "unit/common/http_mutate.h"
#include "unit/common/http_request_cases.h"
#include "unit/common/http_response_cases.h"
#include "wfd/forward.h"

namespace {

using namespace postern;

std::string fields_json(const Fields& fields) {
  std::string text;
  for (const Field& field : fields) {
    if (!text.empty()) text += ',';
    text += JsonLine("field").bytes("name", field.name).bytes("value", field.value).done();
  }
  return "[" + text + "]";
}

// Reads the body that begins at `end` in `text`, and moves `end` behind it.
HttpFault read_body(BodyReader& reader, std::string_view text, std::size_t& end, std::string& body) {
  while (!reader.ended() && end < text.size()) {
    const BodyStep step = reader.next(text.substr(end));
    if (step.fault != HttpFault::none) return step.fault;
    body.append(text.substr(end + step.skip, step.payload));
    end += step.skip + step.payload;
  }
  return HttpFault::none;
}

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
    BodyReader reader(head.framing, head.length);
    const HttpFault fault = read_body(reader, text_, end, body);
    if (fault != HttpFault::none || !reader.ended()) {
      end_ = fault == HttpFault::none ? "more" : word_of(fault);
      return;
    }
    at_ = end;
    note(head, body);
    if (!head.keep_alive) end_ = "closed";
  }

  void note(const RequestHead& head, const std::string& body) {
    if (!messages_.empty()) messages_ += ',';
    messages_ += JsonLine("message").bytes("method", head.method).bytes("target", head.target)
                     .json("fields", fields_json(head.fields)).bytes("body", body).number("keep_alive", head.keep_alive)
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
  std::string messages_, rebuilt_;
  std::string_view end_;
};

// One text as the answer to a GET: its first head, and the body if that is whole.
void print_answer(std::string_view text) {
  ResponseHead head;
  JsonLine line("outcome");
  line.bytes("bytes", text);
  const HeadResult result = parse_response(text, HeadLimits{}, false, head);
  if (result.state != Parse::done)
    return line.text("end", result.state == Parse::more ? "more" : word_of(result.fault)).print();
  std::size_t end = head.size;
  std::string body;
  BodyReader reader(head.framing, head.length);
  const HttpFault fault = read_body(reader, text, end, body);
  const bool whole = fault == HttpFault::none && (reader.ended() || head.framing == Framing::until_close);
  line.number("status", static_cast<std::uint64_t>(head.status)).bytes("reason", head.reason)
      .json("fields", fields_json(head.fields)).text("framing", framing_word(head.framing)).bytes("body", body)
      .number("keep_alive", head.keep_alive).number("size", head.size).number("length", end)
      .text("end", fault != HttpFault::none ? word_of(fault) : whole ? "whole" : "more").print();
}

std::vector<std::string> answer_seeds() {
  std::vector<std::string> all;
  for (int i = 0; i < 4; ++i)
    for (const cases::AcceptedResponse& each : cases::accepted_responses) all.emplace_back(each.bytes);
  for (const cases::Refused& each : cases::refused_responses()) all.push_back(each.bytes);
  return all;
}

std::vector<std::string> request_seeds() {
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
  if (argc != 4) return std::fprintf(stderr, "usage: http_outcomes requests|answers COUNT SEED\n"), 100;
  const bool answers = std::string_view(argv[1]) == "answers";
  const std::vector<std::string> all = answers ? answer_seeds() : request_seeds();
  cases::Mutator mutator(std::strtoull(argv[3], nullptr, 10));
  for (unsigned long n = std::strtoul(argv[2], nullptr, 10); n > 0; --n) {
    const std::string text = mutator.next(all);
    if (answers) print_answer(text);
    else Reading(text).print();
  }
  return std::fflush(stdout) == 0 ? 0 : 111;
}
