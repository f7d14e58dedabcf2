// Expect: 100-continue from end to end (RFC 9110, 10.1.1): the server says 100, or why not;
// nobody hears anything before the verdict.
#include "unit/wfd/connection_rig.h"

using namespace connection_rig;

namespace {

const std::string expects = "Expect: 100-continue\r\nContent-Length: 5\r\n";
const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const std::string not_found = "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nfirst";

// A client that waits for its 100, and the server that has its head.
WireEnd& waiting(Rig& rig, WireEnd& client, bool tls = false) {
  WireEnd& server = rig.relayed(client, request("PUT /x", 1, expects), tls);
  CHECK(has(rig.hear_text(server, "\r\n\r\n"), "Expect: 100-continue\r\n"));
  CHECK(client.got.empty());
  return server;
}

}  // namespace

TEST_CASE("the server's 100 goes to the client, and the body to the server", "[connection][expect]") {
  Rig rig;
  WireEnd& client = rig.client();
  client.send(request("PUT /", 1, expects));
  const Judge asked = rig.hear<Judge>(rig.sessions);
  rig.settle();
  CHECK(client.got.empty());
  rig.say(rig.sessions, rig.good(asked));
  WireEnd& server = rig.dialled();
  const std::string head = rig.hear_text(server, "\r\n\r\n");
  CHECK(head.find("Expect: 100-continue\r\n") == head.rfind("Expect"));
  rig.settle();
  CHECK(client.got.empty());  // it is the server's to say
  server.send("HTTP/1.1 100 Go on\r\nX-Mark: m\r\n\r\n");
  CHECK(rig.hear_text(client, "\r\n\r\n") == "HTTP/1.1 100 Go on\r\nX-Mark: m\r\n\r\n");
  client.send("hello");
  CHECK(rig.hear_text(server, "hello") == "hello");
  server.send(go_on + "HTTP/1.1 102 Processing\r\n\r\n" + ok);  // a second 100 is nobody's
  CHECK(rig.hear_text(client, "ok") == "HTTP/1.1 102 Processing\r\n\r\n" + ok);
  client.send(request("GET /next"));
  CHECK_FALSE(has(rig.hear_text(server, "GET /next "), "Expect"));
}

TEST_CASE("a server that says no gets no body", "[connection][expect]") {
  for (const std::string status : {"413 Too Big", "401 Who", "417 Cannot", "403 No", "500 Oh", "302 Away"}) {
    INFO(status);
    Rig rig;
    WireEnd& client = rig.client();
    WireEnd& server = waiting(rig, client);
    server.send("HTTP/1.1 " + status + "\r\nContent-Length: 9\r\n\r\nno");
    const std::string head = rig.hear_text(client, "\r\n\r\nno");
    CHECK(status_of(head) == "HTTP/1.1 " + status);
    CHECK(has(head, "Connection: close\r\n"));
    client.send("hello");  // in the middle of the answer
    rig.settle();
    server.send(" thanks");
    CHECK(rig.hear_text(client, " thanks") == " thanks");
    client.send(request("GET /smuggled"));
    rig.hear_end(client);
    CHECK(client.clean);
    CHECK(server.got.empty());
    CHECK_FALSE(has(client.got, "100 Continue"));
    CHECK(has(rig.lines("request").at(0), " in=0 out=9 "));
  }
}

TEST_CASE("a server that is silent about it is helped after a second", "[connection][expect]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& server = waiting(rig, client);
  const Mono from = read_mono();
  CHECK(rig.hear_text(client, "\r\n\r\n") == go_on);
  const Duration took = read_mono() - from;
  CHECK(took >= milliseconds(900));
  CHECK(took < milliseconds(2500));
  server.send(go_on);  // too late
  rig.settle();
  client.send("hello");
  rig.hear_text(server, "hello");
  server.send(ok);
  CHECK(rig.hear_text(client, "ok") == ok);
}

TEST_CASE("who does not wait is not made to", "[connection][expect]") {
  Rig rig;
  WireEnd& client = rig.client();
  SECTION("the body comes with the head") {
    WireEnd& server = rig.relayed(client, request("PUT /", 1, expects) + "hello");
    CHECK(has(rig.hear_text(server, "hello"), "Expect: 100-continue\r\n"));
    SECTION("and the server says 100 all the same") {
      server.send(go_on + ok);
      CHECK(rig.hear_text(client, "ok") == go_on + ok);
    }
    SECTION("and the server does not") {
      rig.until([] { return false; }, milliseconds(1200));
      server.send(ok);
      CHECK(rig.hear_text(client, "ok") == ok);
    }
  }
  SECTION("the body comes a moment later") {
    WireEnd& server = waiting(rig, client);
    client.send("he");
    rig.hear_text(server, "he");
    rig.until([] { return false; }, milliseconds(1200));
    client.send("llo");
    rig.hear_text(server, "llo");
    server.send(ok);
    CHECK(rig.hear_text(client, "ok") == ok);
  }
}

TEST_CASE("an answer that is no refusal does not stop the body", "[connection][expect]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& server = waiting(rig, client);
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok");
  rig.hear_text(client, "ok");
  client.send("hello");
  CHECK(rig.hear_text(server, "hello") == "hello");
  server.send("ay");
  rig.hear_text(client, "ay");
  rig.hear_end(client);
  CHECK(client.clean);
}

TEST_CASE("without a body or with HTTP/1.0 there is nothing to expect", "[connection][expect]") {
  struct Case { std::string text, body; };
  for (const Case& one :
       {Case{request("PUT /", 1, "Expect: 100-continue\r\nContent-Length: 0\r\n"), ""},
        Case{request("GET /", 1, "Expect: 100-continue\r\n"), ""},
        Case{"PUT / HTTP/1.0\r\nHost: a.example.org\r\n" + cookie_field(1) + expects + "\r\n", "hello"}}) {
    INFO(one.text);
    Rig rig;
    WireEnd& client = rig.client();
    WireEnd& server = rig.relayed(client, one.text);
    CHECK_FALSE(has(rig.hear_text(server, "\r\n\r\n"), "Expect"));
    server.send(go_on);  // unasked: not for this client
    rig.until([] { return false; }, milliseconds(1200));
    CHECK(client.got.empty());
    client.send(one.body);
    if (!one.body.empty()) rig.hear_text(server, one.body);
    server.send(ok);
    CHECK(has(rig.hear_text(client, "ok"), "HTTP/1.1 200 OK\r\n"));
  }
}

TEST_CASE("a server known to speak HTTP/1.0 is not asked, and the 100 is ours at once", "[connection][expect]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /"));
  rig.hear_text(server, "\r\n\r\n");
  server.send("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok");
  rig.hear_text(client, "ok");
  client.send(request("PUT /", 1, expects));
  CHECK_FALSE(has(rig.hear_text(server, "PUT / "), "Expect"));
  const Mono from = read_mono();
  CHECK(rig.hear_text(client, "\r\n\r\n") == go_on);
  CHECK(read_mono() - from < milliseconds(900));
  client.send("hello");
  rig.hear_text(server, "hello");
}

TEST_CASE("who may not in hears no 100, and no server hears of him", "[connection][expect]") {
  Rig rig;
  WireEnd& client = rig.client();
  SECTION("a session that is over") {
    client.send(request("PUT /", 1, expects));
    rig.judge_bad();
  }
  SECTION("no session at all") { client.send(request("PUT /", 0, expects)); }
  CHECK(status_of(rig.hear_text(client, "\r\n\r\n")) == "HTTP/1.1 401 Unauthorized");
  rig.hear_end(client);
  CHECK_FALSE(has(client.got, "100 Continue"));
  CHECK(rig.is_silent(rig.broker));
}

TEST_CASE("a request whose body waits may go to the other port, in either direction", "[connection][expect]") {
  const bool tls_first = GENERATE(true, false);
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& first = waiting(rig, client, tls_first);
  SECTION("nobody has said 100") {
    first.send(not_found);
    const Dial second = rig.hear<Dial>(rig.broker);
    CHECK(second.ports == (tls_first ? Ports::http : Ports::https));
    WireEnd& other = rig.connected(second.tag, !tls_first);
    CHECK(has(rig.hear_text(other, "\r\n\r\n"), "Expect: 100-continue\r\n"));
    CHECK(client.got.empty());
    SECTION("and the other port takes it") {
      other.send(go_on);
      CHECK(rig.hear_text(client, "\r\n\r\n") == go_on);
      client.send("hello");
      rig.hear_text(other, "hello");
      other.send(ok);
      CHECK(rig.hear_text(client, "ok") == ok);
    }
    SECTION("and the other port is silent for a second") {
      CHECK(rig.hear_text(client, "\r\n\r\n") == go_on);
      client.send("hello");
      rig.hear_text(other, "hello");
      other.send(ok);
      CHECK(rig.hear_text(client, "ok") == ok);
    }
    SECTION("and the other port has no better answer") {
      other.send("HTTP/1.1 404 Nope\r\nContent-Length: 6\r\n\r\nsecond");
      const std::string answer = rig.hear_text(client, "first");
      CHECK(has(answer, "Connection: close\r\n"));
      client.send("hello");
      rig.hear_end(client);
      CHECK(other.got.empty());
    }
  }
  SECTION("100 was said, and nothing came yet") {
    first.send(go_on);
    CHECK(rig.hear_text(client, "\r\n\r\n") == go_on);
    first.send(not_found);
    WireEnd& other = rig.connected(rig.hear<Dial>(rig.broker).tag, !tls_first);
    CHECK_FALSE(has(rig.hear_text(other, "\r\n\r\n"), "Expect"));
    client.send("hello");
    rig.hear_text(other, "hello");
    rig.until([] { return false; }, milliseconds(1200));
    other.send(go_on + ok);
    CHECK(rig.hear_text(client, "ok") == ok);  // and 100 only once
  }
  CHECK(first.got.empty());
}

TEST_CASE("a body that was asked for at port 80 is kept for 443 as any other", "[connection][expect]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& plain = waiting(rig, client);
  plain.send(go_on);
  rig.hear_text(client, "\r\n\r\n");
  client.send("hello");
  rig.hear_text(plain, "hello");
  plain.send(not_found);
  WireEnd& tls = rig.dialled(true);
  const std::string again = rig.hear_text(tls, "hello");
  CHECK(again.ends_with("\r\n\r\nhello"));
  CHECK_FALSE(has(again, "Expect"));
  tls.send(ok);
  CHECK(rig.hear_text(client, "ok") == ok);
}

TEST_CASE("a client that was told to go on and does not is too slow", "[connection][expect]") {
  WfdSettings settings = bench_settings();
  settings.limits.body_timeout = milliseconds(200);
  Rig rig(std::move(settings));
  WireEnd& client = rig.client();
  WireEnd& server = waiting(rig, client);
  server.send(go_on);
  rig.hear_text(client, "\r\n\r\n");
  CHECK(status_of(rig.hear_text(client, "Request 0")) == "HTTP/1.1 408 Request Timeout");
  rig.hear_end(server);
  CHECK(rig.lines("refuse").at(0).ends_with(" status=408 reason=slow"));
}
