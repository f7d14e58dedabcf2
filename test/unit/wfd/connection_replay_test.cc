// Requests with a body at two ports (DESIGN 3.6): the form that went to port 80, which had
// no use for it, arrives at port 443, whole and once; and none goes from 443 to 80.
#include "unit/wfd/connection_rig.h"

using namespace connection_rig;

namespace {

const std::string not_found = "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nfirst";
const std::string found = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfound";

std::string text_of(std::size_t size) {
  std::string text;
  for (unsigned n = 0; text.size() < size; ++n) text += std::to_string(n) + " ";
  return text.substr(0, size);
}
std::string in_chunks(const std::string& text, std::size_t piece) {
  std::string out;
  char head[32];
  for (std::size_t at = 0; at < text.size(); at += piece) {
    const std::string part = text.substr(at, piece);
    std::snprintf(head, sizeof head, "%zx\r\n", part.size());
    out += head + part + "\r\n";
  }
  return out + "0\r\nX-Trailer: t\r\n\r\n";
}
// The payload of all that a server got behind the head; `complete` when its end was there.
std::string payload_of(const std::string& got, bool& complete) {
  const std::size_t head = got.find("\r\n\r\n");
  const bool chunked = has(got.substr(0, head), "Transfer-Encoding: chunked");
  const std::string body = got.substr(head + 4);
  const std::size_t at = got.find("Content-Length: ");
  BodyReader reader(chunked ? Framing::chunked : Framing::length,
                    chunked || at == got.npos ? 0 : std::stoull(got.substr(at + 16)));
  std::string out;
  std::string_view rest = body;
  while (!reader.ended() && !rest.empty()) {
    const BodyStep step = reader.next(rest);
    if (step.fault != HttpFault::none) break;
    out += rest.substr(step.skip, step.payload);
    rest.remove_prefix(step.skip + step.payload);
  }
  complete = reader.ended() && rest.empty();
  return out;
}

struct Form {
  std::string fields, bytes, text;
};
Form by_length(std::size_t size) {
  const std::string text = text_of(size);
  return {"Content-Length: " + std::to_string(size) + "\r\n", text, text};
}
Form by_chunks(std::size_t size, std::size_t piece) {
  const std::string text = text_of(size);
  return {"Transfer-Encoding: chunked\r\n", in_chunks(text, piece), text};
}

// Until the server has the whole request.
void hear_whole(Rig& rig, WireEnd& server, const std::string& text) {
  bool complete = false;
  const bool came = rig.until([&] {
    return has(server.got, "\r\n\r\n") && payload_of(server.got, complete) == text && complete;
  });
  INFO(server.got.substr(0, 300) << " ... " << server.got.size() << " bytes");
  REQUIRE(came);
}

DialRefused refusal(std::uint32_t tag, DialFault fault) {
  DialRefused no;
  no.tag = tag;
  no.fault = fault;
  return no;
}

}  // namespace

TEST_CASE("a form that port 80 does not know goes to port 443, whole and once", "[connection][replay]") {
  for (const Form& form : {by_length(1), by_length(5), by_length(65536), by_chunks(0, 1), by_chunks(5, 2),
                           by_chunks(65536, 5000), by_chunks(3000, 1)}) {
    INFO(form.fields << form.text.size() << " bytes");
    Rig rig;
    WireEnd& client = rig.client();
    WireEnd& plain = rig.relayed(client, request("POST /form?x", 1, form.fields + "X-Mine: m\r\n") + form.bytes);
    hear_whole(rig, plain, form.text);
    plain.send(not_found);
    const Dial second = rig.hear<Dial>(rig.broker);
    CHECK(second.ports == Ports::https);
    CHECK(second.host.view() == "a.example.org");
    CHECK(second.cookie == cookie_of(1));
    WireEnd& tls = rig.connected(second.tag, true);
    hear_whole(rig, tls, form.text);
    CHECK(tls.got.starts_with("POST /form?x HTTP/1.1\r\nHost: a.example.org\r\n"));
    CHECK(has(tls.got, "X-Mine: m\r\n"));
    CHECK_FALSE(has(tls.got, "SessionID"));
    tls.send(found);
    CHECK(rig.hear_text(client, "found") == found);
    CHECK(rig.hear<Learned>(rig.broker).port == Port::https_verified);
    client.send(request("GET /next"));  // goes on where the answer came from
    rig.until([&] { return has(tls.got, "GET /next "); });
    CHECK(has(tls.got, "GET /next "));
    CHECK(rig.lines("request").size() == 1);
    CHECK(has(rig.lines("request")[0], " method=POST target=/form?x status=200 in=" + std::to_string(form.text.size()) + " "));
  }
}

TEST_CASE("the part that comes after an early 404 goes on to port 443", "[connection][replay]") {
  for (const Form& form : {by_length(50000), by_chunks(50000, 1000)}) {
    Rig rig;
    WireEnd& client = rig.client();
    WireEnd& plain = rig.relayed(client, request("POST /", 1, form.fields) + form.bytes.substr(0, 20000));
    REQUIRE(rig.until([&] { return plain.got.size() > 18000; }));
    plain.send(not_found);
    WireEnd& tls = rig.connected(rig.hear<Dial>(rig.broker).tag, true);
    REQUIRE(rig.until([&] { return tls.got.size() > 18000; }));
    client.send(form.bytes.substr(20000));
    hear_whole(rig, tls, form.text);
    tls.send(found);
    CHECK(rig.hear_text(client, "found") == found);
    CHECK(plain.got.size() < 25000);
  }
}

TEST_CASE("a body over replay_bytes is not kept: the 404 is the answer", "[connection][replay]") {
  WfdSettings settings = bench_settings();
  const std::size_t most = GENERATE(0u, 10u, 65536u);
  settings.limits.replay_bytes = most;
  for (const Form& form : {by_length(most + 1), by_chunks(most + 1, 3000)}) {
    Rig rig(settings);
    WireEnd& client = rig.client();
    WireEnd& plain = rig.relayed(client, request("POST /", 1, form.fields) + form.bytes);
    hear_whole(rig, plain, form.text);
    plain.send(not_found);
    CHECK(rig.hear_text(client, "first") == not_found);
    CHECK(rig.hear<Learned>(rig.broker).port == Port::http);
    CHECK(rig.is_silent(rig.broker));
  }
}

TEST_CASE("a body that went to 443 never goes to 80, whatever 443 says", "[connection][replay]") {
  for (const Form& form : {by_length(5), by_chunks(5, 2), by_chunks(0, 1)}) {
    Rig rig;
    WireEnd& client = rig.client();
    WireEnd& tls = rig.relayed(client, request("POST /", 1, form.fields) + form.bytes, true);
    hear_whole(rig, tls, form.text);
    tls.send(not_found);
    CHECK(rig.hear_text(client, "first") == not_found);
    rig.hear<Learned>(rig.broker);
    CHECK(rig.is_silent(rig.broker));
  }
}

TEST_CASE("a body that was sent again goes nowhere else", "[connection][replay]") {
  // 443 had it and is no better: the first 404 is the answer, though 80 might be asked again.
  WfdSettings settings = bench_settings();
  settings.limits.response_timeout = milliseconds(300);
  settings.limits.connect_timeout = milliseconds(300);
  Rig rig(std::move(settings));
  WireEnd& client = rig.client();
  const Form form = by_length(5000);
  WireEnd& plain = rig.relayed(client, request("POST /", 1, form.fields) + form.bytes);
  hear_whole(rig, plain, form.text);
  plain.send(not_found);
  const Dial second = rig.hear<Dial>(rig.broker);
  WireEnd* tls = nullptr;
  std::string reason;
  SECTION("443 refuses") { rig.say(rig.broker, refusal(second.tag, DialFault::refused)); }
  SECTION("443 cannot be reached") { rig.say(rig.broker, refusal(second.tag, DialFault::unreachable)); }
  SECTION("443 is silent") { rig.say(rig.broker, refusal(second.tag, DialFault::timeout)); }
  SECTION("443 says 404") {
    tls = &rig.connected(second.tag, true);
    hear_whole(rig, *tls, form.text);
    tls->send("HTTP/1.1 404 Nope\r\nContent-Length: 6\r\n\r\nsecond");
  }
  SECTION("443 cannot prove itself") {
    rig.connected(second.tag, true, false, {.names = "DNS:other.example.org"});
    reason = "tls-host-mismatch";
  }
  SECTION("443 closes") {
    tls = &rig.connected(second.tag, true);
    hear_whole(rig, *tls, form.text);
    tls->close();
    reason = "closed";
  }
  SECTION("443 speaks no HTTP") {
    tls = &rig.connected(second.tag, true);
    hear_whole(rig, *tls, form.text);
    tls->send("220 smtp\r\n\r\n");
    reason = "bad-version";
  }
  SECTION("443 takes it and says nothing") {
    tls = &rig.connected(second.tag, true);
    hear_whole(rig, *tls, form.text);
    reason = "timeout";
  }
  SECTION("443 shakes no hands") {
    auto [ours, theirs] = tls_rig::socket_pair();
    Dialled answer;
    answer.tag = second.tag;
    answer.tls = true;
    const int lent[] = {ours.get()};
    REQUIRE(rig.broker.send(answer, lent) == Told::sent);
    reason = "timeout";
    CHECK(rig.hear_text(client, "first") == not_found);
    client.got = not_found;
  }
  CHECK(rig.hear_text(client, "first") == not_found);
  CHECK(rig.is_silent(rig.sessions));
  const std::vector<std::string> refused = rig.lines("refuse");
  CHECK(refused.size() == (reason.empty() ? 0 : 1));
  if (!reason.empty()) CHECK(refused.at(0).ends_with(" status=404 reason=" + reason));
  client.send(request("GET /again"));  // the connection with port 80 goes on
  CHECK(rig.until([&] { return has(plain.got, "GET /again "); }));
}

TEST_CASE("a redirect of port 80 into a circle carries the form to 443", "[connection][replay]") {
  const std::string away = "HTTP/1.1 308 Moved\r\nLocation: https://a.example.org/x\r\nContent-Length: 0\r\n\r\n";
  const bool fits = GENERATE(true, false);
  WfdSettings settings = bench_settings();
  settings.limits.replay_bytes = fits ? 65536 : 4;
  Rig rig(std::move(settings));
  WireEnd& client = rig.client();
  WireEnd& plain = rig.relayed(client, request("POST /x", 1, "Content-Length: 5\r\n") + "hello");
  hear_whole(rig, plain, "hello");
  plain.send(away);
  CHECK(rig.hear<Learned>(rig.broker).port == Port::none);
  if (fits) {
    WireEnd& tls = rig.dialled(true);
    hear_whole(rig, tls, "hello");
    tls.send(found);
    CHECK(rig.hear_text(client, "found") == found);
  } else {
    CHECK(status_of(rig.hear_text(client, "Request 0")) == "HTTP/1.1 502 Bad Gateway");
    CHECK(rig.lines("refuse").at(0).ends_with(" status=502 reason=no-usable-answer"));
  }
}

TEST_CASE("a server that has half of a request gets no other one", "[connection][replay]") {
  // 80 says 404 in the middle, the rest goes to 443, which is no better: to 80 the next
  // request would be the rest of the first.
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& plain = rig.relayed(client, request("POST /", 1, "Content-Length: 2000\r\n") + std::string(1000, 'x'));
  REQUIRE(rig.until([&] { return plain.got.size() > 1000; }));
  const std::size_t before = plain.got.size();
  plain.send(not_found);
  const Dial second = rig.hear<Dial>(rig.broker);
  SECTION("443 says 404, too") {
    WireEnd& tls = rig.connected(second.tag, true);
    client.send(std::string(1000, 'x'));
    hear_whole(rig, tls, std::string(2000, 'x'));
    tls.send("HTTP/1.1 404 Nope\r\nContent-Length: 6\r\n\r\nsecond");
    CHECK(rig.hear_text(client, "first") == not_found);
    client.send(request("GET /next"));
    CHECK(rig.hear<Dial>(rig.broker).ports == Ports::both);
  }
  SECTION("443 is not there, and the rest of the body is nobody's") {
    rig.say(rig.broker, refusal(second.tag, DialFault::refused));
    const std::string answer = rig.hear_text(client, "first");
    CHECK(has(answer, "Connection: close\r\n"));
    client.send(std::string(1000, 'x') + request("GET /next"));
    rig.hear_end(client);
  }
  CHECK(plain.got.size() == before);
}

TEST_CASE("a kept 404 whose end is late does not draw the rest of the body to its server", "[connection][replay]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& plain = rig.relayed(client, request("POST /", 1, "Content-Length: 2000\r\n") + std::string(1000, 'x'));
  REQUIRE(rig.until([&] { return plain.got.size() > 1000; }));
  const std::size_t before = plain.got.size();
  plain.send("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nfir");
  rig.say(rig.broker, refusal(rig.hear<Dial>(rig.broker).tag, DialFault::refused));
  rig.hear_text(client, "fir");
  client.send(std::string(1000, 'x'));
  rig.settle();
  CHECK(plain.got.size() == before);
  plain.send("st");
  rig.hear_text(client, "st");
  rig.hear_end(client);
}

TEST_CASE("the head for the second port is made for that port", "[connection][replay]") {
  WfdSettings settings = bench_settings();
  settings.cookie.forward = true;
  Rig rig(std::move(settings));
  WireEnd& client = rig.client();
  WireEnd& plain = rig.relayed(client, request("POST /", 1, "Content-Length: 2\r\n") + "ok");
  hear_whole(rig, plain, "ok");
  CHECK_FALSE(has(plain.got, "SessionID"));
  plain.send(not_found);
  WireEnd& tls = rig.dialled(true);
  hear_whole(rig, tls, "ok");
  CHECK(has(tls.got, cookie_field(1)));  // it has proved who it is
}

TEST_CASE("with one port only there is no other, for a body neither", "[connection][replay]") {
  WfdSettings settings = bench_settings();
  FixedServer server;
  server.name = "a.example.org";
  server.address = address("10.1.2.3");
  SECTION("http:// in [hosts]") { server.scheme = Scheme::http; }
  SECTION("a port in [hosts]") { server.port = 8080; }
  settings.fixed_servers = {server};
  Rig rig(std::move(settings));
  WireEnd& client = rig.client();
  for (const std::string& text : {request("POST /", 1, "Content-Length: 2\r\n") + "ok", request("GET /")}) {
    client.send(text);
    if (&text == &text && rig.ends.size() == 1) rig.judge_good();
    WireEnd& plain = rig.ends.size() == 1 ? rig.dialled(false, true) : *rig.ends[1];
    rig.hear_text(plain, text.starts_with("POST") ? "\r\n\r\nok" : "\r\n\r\n");
    plain.send(not_found);
    CHECK(rig.hear_text(client, "first") == not_found);
  }
}

TEST_CASE("a session that ends between two ports shows nothing and sends nothing", "[connection][replay]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& plain = rig.relayed(client, request("POST /", 1, "Content-Length: 2\r\n") + "ok");
  hear_whole(rig, plain, "ok");
  plain.send(not_found);
  const Dial second = rig.hear<Dial>(rig.broker);
  rig.say(rig.broker, refusal(second.tag, DialFault::no_session));
  const std::string answer = rig.hear_text(client, "\r\n\r\n");
  CHECK(status_of(answer) == "HTTP/1.1 401 Unauthorized");
  CHECK_FALSE(has(answer, "first"));
}
