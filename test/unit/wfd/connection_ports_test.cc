// 443 and 80 of one server (DESIGN 3.6): which answer is the answer.
#include "unit/wfd/connection_rig.h"

using namespace connection_rig;

namespace {

const std::string not_found = "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nfirst";

// A client whose GET was answered 404 by port 443, and now port 80 is asked.
WireEnd& asked_both(Rig& rig, Dial& second, const std::string& text = request("GET /x")) {
  WireEnd& client = rig.client();
  WireEnd& tls = rig.relayed(client, text, true);
  rig.hear_text(tls, "\r\n\r\n");
  tls.send(not_found);
  second = rig.hear<Dial>(rig.broker);
  CHECK(second.ports == Ports::http);
  CHECK(client.got.empty());
  return client;
}

}  // namespace

TEST_CASE("a 404 from 443 is kept, and 80 may know better", "[connection][ports]") {
  Rig rig;
  Dial second;
  WireEnd& client = asked_both(rig, second);
  WireEnd& plain = rig.connected(second.tag);
  CHECK(has(rig.hear_text(plain, "\r\n\r\n"), "GET /x "));
  plain.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain");
  CHECK(body_of(rig.hear_text(client, "plain")) == "plain");
  CHECK(rig.hear<Learned>(rig.broker).port == Port::http);
  CHECK(rig.lines("request").size() == 1);
}

TEST_CASE("the first 404 is the answer when 80 has none that is better", "[connection][ports]") {
  WfdSettings settings = bench_settings();
  settings.limits.connect_timeout = milliseconds(100);
  settings.intranet.https_timeout = milliseconds(50);
  settings.limits.response_timeout = milliseconds(300);
  Rig rig(std::move(settings));
  rig.shop->patience.broker = milliseconds(50);
  Dial second;
  WireEnd& client = asked_both(rig, second);
  DialRefused no;
  no.tag = second.tag;
  SECTION("80 refuses") {
    no.fault = DialFault::refused;
    rig.say(rig.broker, no);
  }
  SECTION("80 cannot be reached") {
    no.fault = DialFault::unreachable;
    rig.say(rig.broker, no);
  }
  SECTION("there is no plain port") {
    no.fault = DialFault::forbidden;
    rig.say(rig.broker, no);
  }
  SECTION("the broker does not answer in time") {}
  SECTION("80 says 404") { rig.connected(second.tag).send("HTTP/1.1 404 Nope\r\nContent-Length: 6\r\n\r\nsecond"); }
  SECTION("80 sends to where we come from") {
    rig.connected(second.tag).send("HTTP/1.1 301 Moved\r\nLocation: https://a.example.org/x\r\nContent-Length: 0\r\n\r\n");
  }
  SECTION("80 speaks no HTTP") { rig.connected(second.tag).send("220 smtp\r\n\r\n"); }
  SECTION("80 closes") { rig.connected(second.tag).close(); }
  SECTION("80 is silent") { rig.connected(second.tag); }
  const std::string answer = rig.hear_text(client, "first");
  CHECK(answer == "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nfirst");
  client.send(request("GET /again"));  // and the connection, with its server, goes on
  WireEnd& tls = *rig.ends[1];
  CHECK(has(rig.hear_text(tls, "\r\n\r\n"), "GET /again "));
}

TEST_CASE("a kept 404 does not outlive the right to see it", "[connection][ports]") {
  Rig rig;
  Dial second;
  WireEnd& client = asked_both(rig, second);
  DialRefused no;
  no.tag = second.tag;
  std::string status;
  SECTION("the session ended") {
    no.fault = DialFault::no_session;
    status = "HTTP/1.1 401 Unauthorized";
  }
  SECTION("the broker cannot ask") {
    no.fault = DialFault::missing_peer;
    status = "HTTP/1.1 503 Service Unavailable";
  }
  rig.say(rig.broker, no);
  const std::string answer = rig.hear_text(client, "\r\n\r\n");
  CHECK(status_of(answer) == status);
  CHECK_FALSE(has(answer, "first"));
}

TEST_CASE("a 404 to a request with a body is the answer", "[connection][ports]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& tls = rig.relayed(client, request("POST /x", 1, "Content-Length: 2\r\n") + "ok", true);
  rig.hear_text(tls, "ok");
  tls.send(not_found);
  CHECK(body_of(rig.hear_text(client, "first")) == "first");
}

TEST_CASE("with plain=never a 404 is the answer", "[connection][ports]") {
  WfdSettings settings = bench_settings();
  SECTION("for all") { settings.everyone.plain = Plain::never; }
  SECTION("for the host") {
    settings.host_policies["a.example.org"] = settings.everyone;
    settings.host_policies["a.example.org"].plain = Plain::never;
  }
  Rig rig(std::move(settings));
  WireEnd& client = rig.client();
  WireEnd& tls = rig.relayed(client, request("GET /x"), true);
  rig.hear_text(tls, "\r\n\r\n");
  tls.send(not_found);
  CHECK(body_of(rig.hear_text(client, "first")) == "first");
  CHECK(rig.hear<Learned>(rig.broker).port == Port::https_verified);
}

TEST_CASE("a server is known by its TLS when that was checked, a server of [hosts] no less", "[connection][ports]") {
  const bool fixed = GENERATE(false, true), checked = GENERATE(false, true);
  WfdSettings settings = bench_settings();
  settings.everyone.verify.required = checked;
  Rig rig(std::move(settings));
  WireEnd& client = rig.client();
  client.send(request("GET /"));
  rig.judge_good();
  WireEnd& server = rig.dialled(true, fixed);
  rig.hear_text(server, "\r\n\r\n");
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  rig.hear_text(client, "ok");
  CHECK(rig.hear<Learned>(rig.broker).port == (checked ? Port::https_verified : Port::https));
}

TEST_CASE("80 that was remembered and now points to https is forgotten, and 443 is asked", "[connection][ports]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& plain = rig.relayed(client, request("GET /x"));
  rig.hear_text(plain, "\r\n\r\n");
  const std::string away = "HTTP/1.1 301 Moved\r\nLocation: https://a.example.org/x\r\nContent-Length: 0\r\n\r\n";
  plain.send(away);
  CHECK(rig.hear<Learned>(rig.broker).port == Port::none);
  const Dial second = rig.hear<Dial>(rig.broker);
  CHECK(second.ports == Ports::https);
  SECTION("443 answers") {
    WireEnd& tls = rig.connected(second.tag, true);
    rig.hear_text(tls, "\r\n\r\n");
    tls.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    CHECK(body_of(rig.hear_text(client, "ok")) == "ok");
  }
  SECTION("443 is not there") {
    DialRefused no;
    no.tag = second.tag;
    no.fault = DialFault::refused;
    rig.say(rig.broker, no);
    CHECK(status_of(rig.hear_text(client, "Request 0")) == "HTTP/1.1 502 Bad Gateway");
  }
}

TEST_CASE("TLS that fails is a 502 with the reason, and never clear text", "[connection][ports]") {
  struct Case { tls_fixture::Spec spec; std::string word; };
  for (const Case& one : {Case{{.names = "DNS:other.example.org"}, "tls-host-mismatch"},
                          Case{{.names = "DNS:a.example.org", .from_s = -7200, .until_s = -3600}, "tls-certificate-expired"},
                          Case{{.names = "DNS:a.example.org", .issuer = "stranger"}, "tls-certificate-unknown-ca"}}) {
    Rig rig;
    WireEnd& client = rig.client();
    client.send(request("GET /"));
    rig.judge_good();
    WireEnd& server = rig.dialled(true, false, one.spec);
    CHECK(status_of(rig.hear_text(client, "Request 0")) == "HTTP/1.1 502 Bad Gateway");
    CHECK(rig.lines("refuse").at(0).ends_with(" status=502 reason=" + one.word));
    CHECK(rig.is_silent(rig.broker));
    CHECK(server.got.empty());
  }
}

TEST_CASE("what the broker refuses is told as it is", "[connection][ports]") {
  struct Case { DialFault fault; std::string status; Cause cause; };
  for (const Case& one :
       {Case{DialFault::no_session, "401", Cause::served}, Case{DialFault::forbidden, "403", Cause::refused},
        Case{DialFault::unknown_host, "421", Cause::refused},
        Case{DialFault::misdirected, "421", Cause::refused}, Case{DialFault::refused, "502", Cause::served},
        Case{DialFault::unreachable, "502", Cause::served}, Case{DialFault::timeout, "504", Cause::served},
        Case{DialFault::missing_peer, "503", Cause::served}, Case{DialFault::busy, "503", Cause::served},
        Case{DialFault::internal, "500", Cause::served}}) {
    Rig rig;
    WireEnd& client = rig.client();
    client.send(request("GET /"));
    rig.judge_good();
    rig.dial_fails(one.fault);
    const std::string answer = rig.hear_text(client, "\r\n\r\n");
    CHECK(answer.substr(9, 3) == one.status);
    CHECK(has(answer, "Retry-After: ") == (one.status == "503"));
    client.close();
    CHECK(rig.cause() == one.cause);
  }
}

TEST_CASE("a server that accepts and says nothing is a 504", "[connection][ports]") {
  WfdSettings settings = bench_settings();
  settings.limits.connect_timeout = milliseconds(100);
  settings.limits.response_timeout = milliseconds(100);
  Rig rig(std::move(settings));
  WireEnd& client = rig.client();
  client.send(request("GET /"));
  rig.judge_good();
  UniqueFd silent;
  SECTION("no TLS") {
    auto [ours, theirs] = tls_rig::socket_pair();
    silent = std::move(theirs);
    Dialled answer;
    answer.tag = rig.hear<Dial>(rig.broker).tag;
    const int lent[] = {ours.get()};
    REQUIRE(rig.broker.send(answer, lent) == Told::sent);
  }
  SECTION("no answer") { rig.dialled(true); }
  CHECK(status_of(rig.hear_text(client, "Request 0")) == "HTTP/1.1 504 Gateway Timeout");
}

TEST_CASE("a kept-alive connection changes its port as often as the pages do", "[connection][ports]") {
  Rig rig;
  WireEnd& client = rig.client();
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  WireEnd* server = &rig.relayed(client, request("GET /0"));
  bool tls = false;
  for (int n = 0; n < 4; ++n) {
    INFO("round " << n);
    const std::string page = "GET /" + std::to_string(n);
    rig.hear_text(*server, "\r\n\r\n");
    server->send(ok);  // answered well here
    rig.hear_text(client, "ok");
    if (n == 0) CHECK(rig.hear<Learned>(rig.broker).port == Port::http);
    client.send(request(page + "/other"));
    rig.hear_text(*server, page + "/other ");
    server->send(not_found);
    const Dial other = rig.hear<Dial>(rig.broker);
    CHECK(other.ports == (tls ? Ports::http : Ports::https));
    tls = !tls;
    server = &rig.connected(other.tag, tls);
    CHECK(has(rig.hear_text(*server, "\r\n\r\n"), page + "/other "));
    server->send(ok);
    rig.hear_text(client, "ok");
    CHECK(rig.hear<Learned>(rig.broker).port == (tls ? Port::https_verified : Port::http));
    client.send(request("GET /" + std::to_string(n + 1)));  // on the same connection
  }
  CHECK(rig.lines("request").size() == 8);
}

TEST_CASE("which port answers is told once, and not when the broker knows it", "[connection][ports]") {
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  const bool tls = GENERATE(false, true);
  const Port port = tls ? Port::https_verified : Port::http;
  const Port known = GENERATE(Port::none, Port::http, Port::https, Port::https_verified);
  Rig rig;
  WireEnd& client = rig.client();
  client.send(request("GET /1"));
  rig.judge_good();
  WireEnd& server = rig.connected(rig.hear<Dial>(rig.broker).tag, tls, false, {.names = "DNS:a.example.org"}, known);
  for (int n = 1; n <= 2; ++n) {
    rig.hear_text(server, "\r\n\r\n");
    server.send(ok);
    rig.hear_text(client, "ok");
    if (n == 1 && known != port) CHECK(rig.hear<Learned>(rig.broker).port == port);
    CHECK(rig.is_silent(rig.broker));
    if (n == 1) client.send(request("GET /2"));
  }
}

TEST_CASE("a port that is known, and turns out to lead to the other, is told of", "[connection][ports]") {
  Rig rig;
  WireEnd& client = rig.client();
  client.send(request("GET /x"));
  rig.judge_good();
  WireEnd& plain = rig.connected(rig.hear<Dial>(rig.broker).tag, false, false, {.names = "DNS:a.example.org"}, Port::http);
  rig.hear_text(plain, "\r\n\r\n");
  plain.send("HTTP/1.1 301 Moved\r\nLocation: https://a.example.org/x\r\nContent-Length: 0\r\n\r\n");
  CHECK(rig.hear<Learned>(rig.broker).port == Port::none);
}

TEST_CASE("a 404 of a port 80 that was remembered lets 443 answer", "[connection][ports]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& plain = rig.relayed(client, request("GET /x"));  // the broker dialled 80 first
  rig.hear_text(plain, "\r\n\r\n");
  plain.send(not_found);
  const Dial second = rig.hear<Dial>(rig.broker);
  CHECK(second.ports == Ports::https);
  SECTION("which knows better") {
    WireEnd& tls = rig.connected(second.tag, true);
    rig.hear_text(tls, "GET /x ");
    tls.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    CHECK(body_of(rig.hear_text(client, "ok")) == "ok");
    CHECK(rig.hear<Learned>(rig.broker).port == Port::https_verified);
  }
  SECTION("which does not") {
    WireEnd& tls = rig.connected(second.tag, true);
    rig.hear_text(tls, "GET /x ");
    tls.send("HTTP/1.1 404 Nope\r\nContent-Length: 6\r\n\r\nsecond");
    CHECK(rig.hear_text(client, "first") == not_found);
    client.send(request("GET /y"));  // and 80 stays the server of this connection
    CHECK(rig.until([&] { return has(plain.got, "GET /y "); }));
  }
}

TEST_CASE("a port that was away in this very dial is not dialled again for a 404", "[connection][ports]") {
  Rig rig;
  WireEnd& client = rig.client();
  client.send(request("GET /x"));
  rig.judge_good();
  auto [ours, theirs] = tls_rig::socket_pair();
  Dialled answer;
  answer.tag = rig.hear<Dial>(rig.broker).tag;
  answer.tls = false;
  answer.other_away = true;
  const int lent[] = {ours.get()};
  REQUIRE(rig.broker.send(answer, lent) == Told::sent);
  rig.ends.push_back(std::make_unique<WireEnd>(std::move(theirs)));
  WireEnd& plain = *rig.ends.back();
  rig.hear_text(plain, "\r\n\r\n");
  plain.send(not_found);
  CHECK(rig.hear_text(client, "first") == not_found);
  CHECK(rig.hear<Learned>(rig.broker).port == Port::http);
  CHECK(rig.is_silent(rig.broker));
  client.send(request("GET /y"));  // but for the next request it may be there again
  rig.hear_text(plain, "GET /y ");
  plain.send(not_found);
  CHECK(rig.hear<Dial>(rig.broker).ports == Ports::https);
}
