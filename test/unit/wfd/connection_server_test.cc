// Servers that cut, flood, lie, leave, or answer too early.
#include "unit/wfd/connection_rig.h"

using namespace connection_rig;

TEST_CASE("an answer that is cut is cut visibly", "[connection][server]") {
  struct Cut { std::string sent, head; bool tls; bool truncated; };
  for (const Cut& cut : {Cut{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "", false, false},
                         Cut{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "", false, false},
                         Cut{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz", "", false, false},
                         Cut{"HTTP/1.1 200 OK\r\n\r\nhalf", "", true, true}}) {
    INFO(cut.sent);
    Rig rig;
    WireEnd& client = rig.client();
    WireEnd& server = rig.relayed(client, request("GET /"), cut.tls);
    rig.hear_text(server, "\r\n\r\n");
    server.send(cut.sent);
    rig.settle();
    server.vanish();
    rig.hear_end(client);
    CHECK_FALSE(client.clean);
    CHECK_FALSE(client.got.ends_with("0\r\n\r\n"));
    CHECK(has(rig.lines("refuse").at(0), " status=200 reason=answer-cut"));
    CHECK(has(rig.lines("request").at(0), " status=200 "));
  }
}

TEST_CASE("a reset is no end of an answer, however its body was framed", "[connection][server]") {
  for (const std::string framing : {"", "Content-Length: 10\r\n", "Transfer-Encoding: chunked\r\n"})
    for (const bool tls : {false, true})
      for (const char* version : {"1.1", "1.0"}) {
        INFO(framing << (tls ? " TLS" : "") << " to a client of HTTP/" << version);
        Rig rig;
        WireEnd& client = rig.client();
        WireEnd& server = rig.relayed(client, "GET / HTTP/" + std::string(version) + "\r\nHost: a.example.org\r\n" +
                                                  cookie_field(1) + "\r\n", tls);
        if (tls) REQUIRE(rig.until([&] { return server.shaken; }));
        server.reading = false;  // what it has not read makes its end a reset
        rig.settle();
        server.send("HTTP/1.1 200 OK\r\n" + framing + "\r\n" + (framing.starts_with("T") ? "4\r\nhalf\r\n" : "half"));
        rig.hear_text(client, "half");
        server.vanish();
        rig.hear_end(client);
        CHECK_FALSE(client.clean);
        CHECK_FALSE(has(client.got, "0\r\n\r\n"));
        CHECK(rig.lines("refuse").at(0).ends_with(" status=200 reason=answer-cut"));
      }
}

TEST_CASE("a head that drips in is as late as one that does not come", "[connection][server]") {
  WfdSettings settings = bench_settings();
  settings.limits.response_timeout = milliseconds(400);
  Rig rig(std::move(settings));
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /"));
  rig.hear_text(server, "\r\n\r\n");
  const Mono from = read_mono();
  const std::string head = "HTTP/1.1 200 OK\r\nX-Slow: " + std::string(1000, 'x');
  for (std::size_t at = 0; client.got.empty() && at < head.size(); ++at) {
    server.send(head.substr(at, 1));
    rig.until([&] { return !client.got.empty(); }, milliseconds(50));
  }
  CHECK(read_mono() - from < milliseconds(1500));
  CHECK(status_of(rig.hear_text(client, "Request 0")) == "HTTP/1.1 504 Gateway Timeout");
  CHECK(rig.lines("refuse").at(0).ends_with(" status=504 reason=timeout"));
}

TEST_CASE("a server that is at work may say so, sixteen times", "[connection][server]") {
  WfdSettings settings = bench_settings();
  settings.limits.response_timeout = milliseconds(300);
  Rig rig(std::move(settings));
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /"));
  rig.hear_text(server, "\r\n\r\n");
  const bool too_often = GENERATE(false, true);
  for (int n = 0; n < (too_often ? 17 : 5); ++n) {
    rig.until([] { return false; }, milliseconds(too_often ? 1 : 150));
    server.send("HTTP/1.1 102 Processing\r\n\r\n");
  }
  if (!too_often) server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  const std::string all = rig.hear_text(client, too_often ? "Request 0" : "\r\n\r\nok");
  CHECK(has(all, too_often ? "HTTP/1.1 502 Bad Gateway\r\n" : "HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("an answer that drips forever ends with its connection's time, and visibly", "[connection][server]") {
  WfdSettings settings = bench_settings();
  settings.limits.connection_lifetime = milliseconds(600);
  settings.limits.body_timeout = milliseconds(300);
  const bool goes_on = GENERATE(true, false);
  Rig rig(std::move(settings));
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /"));
  rig.hear_text(server, "\r\n\r\n");
  server.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  rig.hear_text(client, "\r\n\r\n");
  for (int n = 0; n < 40 && !client.ended; ++n) {
    if (goes_on) server.send("1\r\nx\r\n");
    rig.until([&] { return client.ended; }, milliseconds(50));
  }
  REQUIRE(client.ended);
  CHECK_FALSE(client.clean);
  CHECK_FALSE(has(client.got, "0\r\n\r\n"));
  CHECK(rig.lines("refuse").at(0).ends_with(goes_on ? " status=200 reason=lifetime" : " status=200 reason=timeout"));
}

TEST_CASE("who never lets the gate come to rest has no more time than others", "[connection][server]") {
  WfdSettings settings = bench_settings();
  settings.limits.connection_lifetime = milliseconds(600);
  Rig rig(std::move(settings));
  WireEnd& client = rig.client("login.example.org");
  std::string many;
  for (int i = 0; i < 500; ++i) many += request("HEAD /login", 0, "", "login.example.org");
  CHECK(rig.until([&] {
    client.got.clear();
    if (client.all_sent()) client.send(many);
    return client.ended;
  }, seconds(3)));
}

TEST_CASE("an answer until the close is whole when TLS says that it is the end", "[connection][server]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /"), true);
  rig.hear_text(server, "\r\n\r\n");
  server.send("HTTP/1.1 200 OK\r\n\r\nwhole");
  server.close();
  CHECK(has(rig.hear_text(client, "0\r\n\r\n"), "5\r\nwhole\r\n"));
}

TEST_CASE("what is no answer becomes a 502", "[connection][server]") {
  std::string interims;
  for (int i = 0; i < 17; ++i) interims += "HTTP/1.1 102 Processing\r\n\r\n";
  const std::pair<std::string, std::string> bad[] = {
      {"", "closed"},
      {"HTTP/1.1 200 OK\r\n", "closed-in-head"},
      {"SSH-2.0-x\r\n\r\n", ""},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", ""},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", ""},
      {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "upgrade-not-asked"},
      {interims, "too-many-interims"},
      {"HTTP/1.1 103 Early Hints\r\n\r\nrubbish\r\n\r\n", ""},
      {"HTTP/1.1 200 OK\r\nX: " + std::string(9000, 'x') + "\r\n\r\n", "line-too-long"},
  };
  for (const auto& [sent, reason] : bad) {
    INFO(sent.substr(0, 60));
    Rig rig;
    WireEnd& client = rig.client();
    WireEnd& server = rig.relayed(client, request("GET /"));
    rig.hear_text(server, "\r\n\r\n");
    server.send(sent);
    server.close();
    const std::string answer = rig.hear_text(client, "Request 0");
    CHECK(has(answer, "HTTP/1.1 502 Bad Gateway\r\n"));
    if (sent.starts_with("HTTP/1.1 103")) CHECK(answer.starts_with("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 502 "));
    REQUIRE(rig.lines("refuse").size() == 1);
    if (!reason.empty()) CHECK(has(rig.lines("refuse")[0], " status=502 reason=" + reason));
    CHECK(has(rig.lines("request").at(0), " status=502 "));
    client.send(request("GET /next"));  // the connection goes on, with a new server
    WireEnd& next = rig.dialled();
    CHECK(has(rig.hear_text(next, "\r\n\r\n"), "GET /next "));
  }
}

TEST_CASE("a body where none may be is nobody's answer", "[connection][server]") {
  struct Case { std::string method, head; };
  const std::string evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
  for (const Case& one : {Case{"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 46\r\n\r\n"}, Case{"GET", "HTTP/1.1 204 No\r\n\r\n"},
                          Case{"GET", "HTTP/1.1 304 Same\r\nContent-Length: 46\r\n\r\n"},
                          Case{"GET", "HTTP/1.1 204 No\r\nContent-Length: 46\r\n\r\n"},
                          Case{"GET", "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n"},
                          Case{"GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
                          Case{"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}}) {
    INFO(one.method << " " << one.head);
    Rig rig;
    WireEnd& client = rig.client();
    WireEnd& server = rig.relayed(client, request(one.method + " /1"));
    rig.hear_text(server, "\r\n\r\n");
    server.send(one.head + evil);
    rig.hear_text(client, one.head.ends_with("0\r\n\r\n") && has(one.head, "chunked") ? "0\r\n\r\n" : "\r\n\r\n");
    CHECK(rig.lines("refuse").at(0).ends_with(" reason=answer-excess"));
    client.send(request("GET /2"));
    WireEnd& fresh = rig.dialled();
    rig.hear_text(fresh, "GET /2 ");
    fresh.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood");
    CHECK(body_of(rig.hear_text(client, "good")) == "good");
    CHECK_FALSE(has(client.got, "evil"));
  }
}

TEST_CASE("what a server says unasked is nobody's answer", "[connection][server]") {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  const std::string more = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
  for (const bool at_once : {true, false}) {
    for (const bool tls : {true, false}) {
      Rig rig;
      WireEnd& client = rig.client();
      WireEnd& server = rig.relayed(client, request("GET /1"), tls);
      rig.hear_text(server, "\r\n\r\n");
      server.send(at_once ? answer + more : answer);
      rig.hear_text(client, "ok");
      if (!at_once) {  // both are there when the worker wakes
        server.send(more);
        client.send(request("GET /2"));
      } else {
        client.send(request("GET /2"));
      }
      WireEnd& fresh = rig.dialled(tls);
      CHECK(has(rig.hear_text(fresh, "\r\n\r\n"), "GET /2 "));
      CHECK(client.got.empty());
      CHECK_FALSE(has(server.got, "/2"));
    }
  }
}

TEST_CASE("what a server says in the gate's name is logged, and nobody hears it", "[connection][server]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /"));
  rig.hear_text(server, "\r\n\r\n");
  server.send("HTTP/1.1 200 OK\r\nAlt-Svc: h3=\":443\"\r\nSet-Cookie: SessionID=evil\r\nX_Postern_User: eve\r\n"
              "Clear-Site-Data: \"*\"\r\nX-Other: a\r\nContent-Length: 2\r\n\r\nok");
  CHECK(rig.hear_text(client, "ok") == "HTTP/1.1 200 OK\r\nX-Other: a\r\nContent-Length: 2\r\n\r\nok");
  const std::vector<std::string> lines = rig.lines("refuse");
  REQUIRE(lines.size() == 4);
  std::size_t at = 0;
  for (const std::string name : {"alt-svc", "set-cookie", "x-postern-user", "clear-site-data"})
    CHECK(lines[at++].ends_with(" status=200 reason=withheld-" + name));
}

TEST_CASE("a server that says it will close is not asked again, though it stays", "[connection][server]") {
  const std::string last = GENERATE(std::string("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"),
                                    std::string("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /one"));
  rig.hear_text(server, "\r\n\r\n");
  server.send(last);
  CHECK_FALSE(has(rig.hear_text(client, "ok"), "Connection: close"));  // it says so of its own end
  rig.hear_end(server);
  client.send(request("GET /two"));
  CHECK(has(rig.hear_text(rig.dialled(), "\r\n\r\n"), "GET /two "));
  CHECK(server.got.empty());
}

TEST_CASE("a server that left between two requests is dialled again", "[connection][server]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /1"));
  rig.hear_text(server, "\r\n\r\n");
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  rig.hear_text(client, "ok");
  SECTION("before the request") {
    server.close();
    client.send(request("GET /2"));
  }
  SECTION("on getting it") {
    client.send(request("GET /2"));
    rig.hear_text(server, "GET /2 ");
    server.close();
  }
  WireEnd& fresh = rig.dialled();
  CHECK(has(rig.hear_text(fresh, "\r\n\r\n"), "GET /2 "));
  fresh.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfresh");
  CHECK(body_of(rig.hear_text(client, "fresh")) == "fresh");
}

TEST_CASE("a request that may have done something is not made twice", "[connection][server]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /1"));
  rig.hear_text(server, "\r\n\r\n");
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  rig.hear_text(client, "ok");
  client.send(request("DELETE /2"));
  rig.hear_text(server, "DELETE /2 ");
  server.close();
  CHECK(status_of(rig.hear_text(client, "Request 0")) == "HTTP/1.1 502 Bad Gateway");
  rig.hear<Learned>(rig.broker);
  CHECK(rig.is_silent(rig.broker));
}

TEST_CASE("an answer before the end of the body is delivered, and is the last", "[connection][server]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("POST /", 1, "Content-Length: 300000\r\n"));
  rig.hear_text(server, "\r\n\r\n");
  client.send(std::string(100000, 'x'));
  server.send("HTTP/1.1 413 Too Big\r\nContent-Length: 3\r\n\r\nbig");
  const std::string answer = rig.hear_text(client, "big");
  CHECK(status_of(answer) == "HTTP/1.1 413 Too Big");
  CHECK(has(answer, "Connection: close\r\n"));
  rig.hear_end(client);
  CHECK(client.clean);
}

TEST_CASE("a client that leaves takes its server along, and its request is logged", "[connection][server]") {
  struct Leaving { std::string name, log; };
  for (const Leaving& one : {Leaving{"ask", " method=GET target=/x status=- "}, Leaving{"dial", " status=- "},
                             Leaving{"reach", " status=- "}, Leaving{"wait", " status=- "}, Leaving{"body", " status=200 "},
                             Leaving{"upload", " method=POST target=/x status=- in=3 "}}) {
    INFO(one.name);
    Rig rig;
    WireEnd& client = rig.client();
    WireEnd* server = nullptr;
    client.send(one.name == "upload" ? request("POST /x", 1, "Content-Length: 9\r\n") + "abc" : request("GET /x"));
    const Judge asked = rig.hear<Judge>(rig.sessions);
    if (one.name != "ask") {
      rig.say(rig.sessions, rig.good(asked));
      const Dial dial = rig.hear<Dial>(rig.broker);
      if (one.name != "dial") server = &rig.connected(dial.tag, one.name == "reach");
      if (one.name == "reach") server->reading = false;
    }
    if (one.name == "wait" || one.name == "body" || one.name == "upload") rig.hear_text(*server, "\r\n\r\n");
    if (one.name == "body") {
      server->send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
      rig.hear_text(client, "abc");
    }
    client.vanish();
    REQUIRE(rig.until([&] { return rig.over; }));
    CHECK(rig.cause() == Cause::served);
    if (server != nullptr && one.name != "reach") rig.hear_end(*server);
    REQUIRE(rig.lines("request").size() == 1);
    CHECK(has(rig.lines("request")[0], one.log));
  }
}

TEST_CASE("long bodies arrive as they were sent, and nothing that came behind them is lost", "[connection][server]") {
  const bool tls = GENERATE(false, true);
  const std::size_t size = GENERATE(as<std::size_t>(), 1, 4'096, 65'535, 65'536, 65'537, 131'071, 131'072, 131'073, 1'000'000);
  CAPTURE(tls, size);
  std::string up(size, '\0'), down(size, '\0');
  for (std::size_t i = 0; i < size; ++i) up[i] = down[size - 1 - i] = static_cast<char>(i * 7 >> 4);
  Rig rig;
  WireEnd& client = rig.client();
  const std::string length = "Content-Length: " + std::to_string(size) + "\r\n";
  WireEnd& server = rig.relayed(client, request("POST /1", 1, length) + up + request("GET /2"), tls);
  CHECK(body_of(rig.hear_text(server, up)) == up);
  server.send("HTTP/1.1 200 OK\r\n" + length + "\r\n" + down);
  CHECK(body_of(rig.hear_text(client, down)) == down);
  CHECK(has(rig.hear_text(server, "\r\n\r\n"), "GET /2 "));  // on the same connection
  server.send("HTTP/1.1 200 OK\r\n" + length + "\r\n" + down + "evil");
  CHECK(body_of(rig.hear_text(client, down)) == down);
  rig.settle();
  CHECK(client.got.empty());
  const std::string count = std::to_string(size);
  CHECK(has(rig.lines("request").at(0), " in=" + count + " out=" + count + " "));
  CHECK(has(rig.lines("request").at(1), " in=0 out=" + count + " "));
  client.send(request("GET /3"));
  rig.dialled(tls);  // who said too much is not asked again
}

TEST_CASE("a part of a body that comes fast does not wait for a rest that is late", "[connection][server]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("POST /", 1, "Content-Length: 1000000\r\n"));
  rig.hear_text(server, "\r\n\r\n");
  for (int i = 0; i < 5; ++i) {
    client.send(std::string(20'000, 'x'));
    REQUIRE(rig.until([&] { return server.got.size() >= 20'000; }, milliseconds(500)));
    CHECK(server.take() == std::string(20'000, 'x'));
  }
}

TEST_CASE("a download is as slow as its client, and a slow one is not cut", "[connection][server]") {
  WfdSettings settings = bench_settings();
  settings.limits.body_timeout = milliseconds(300);
  settings.limits.idle_timeout = milliseconds(100);
  Rig rig(std::move(settings));
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /"));
  rig.hear_text(server, "\r\n\r\n");
  const std::size_t size = 3'000'000;
  client.reading = false;
  server.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" + std::string(size, 'x'));
  for (int i = 0; i < 12; ++i) {  // some bytes now and then, for longer than any time limit
    rig.until([] { return false; }, milliseconds(60));
    client.reading = true;
    client.at_most = 16384;
    client.pump();
    client.reading = false;
  }
  client.reading = true;
  REQUIRE(rig.until([&] { return client.got.size() > size; }));
  CHECK(body_of(client.got).size() == size);
}

TEST_CASE("a client that stops reading is let go", "[connection][server]") {
  WfdSettings settings = bench_settings();
  settings.limits.body_timeout = milliseconds(200);
  Rig rig(std::move(settings));
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /"));
  rig.hear_text(server, "\r\n\r\n");
  client.reading = false;
  const std::size_t size = GENERATE(260'000, 3'000'000);
  server.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" + std::string(size, 'x'));
  REQUIRE(rig.until([&] { return rig.over; }, seconds(2)));
  CHECK(has(rig.lines("request").at(0), " status=200 "));
}
