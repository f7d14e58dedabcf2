// Where connections may go, and where never.
#include "wfd/destination.h"

#include <string>

#include "unit/workbench.h"

using namespace postern;
using namespace postern::wfd;
using namespace workbench;

namespace {

Network network(const char* text) {
  const auto parsed = Network::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

FixedServer fixed(const char* name, Scheme scheme, const char* where, std::uint16_t port) {
  FixedServer server;
  server.name = name;
  server.scheme = scheme;
  server.address = address(where);
  server.port = port;
  return server;
}

WfdSettings settings_for(ListenMode mode) {
  WfdSettings s;
  s.listen.port = 443;
  s.listen.mode = mode;
  s.domains = {"example.org"};
  // Wider than anyone should write it, so that the rules behind it show.
  s.intranet.networks = {network("0.0.0.0/0"), network("::/0")};
  s.intranet.exclude = {network("10.9.0.0/16"), network("2001:db8:9::/48")};
  s.intranet.https_port = 443;
  s.intranet.http_port = 80;
  s.everyone.plain = Plain::fallback;
  s.host_policies["strict.example.org"] = s.everyone;
  s.host_policies["strict.example.org"].plain = Plain::never;
  s.fixed_servers = {fixed("any.example.org", Scheme::any, "172.16.0.1", 0),
                     fixed("odd.example.org", Scheme::any, "172.16.0.1", 8443),
                     fixed("tls.example.org", Scheme::https, "172.16.0.2", 0),
                     fixed("plain.example.org", Scheme::http, "172.16.0.3", 8080),
                     fixed("away.example.org", Scheme::https, "10.9.1.1", 0),
                     fixed("home.example.org", Scheme::http, "127.0.0.1", 8080),
                     fixed("self.example.org", Scheme::http, "10.0.0.1", 8080)};
  return s;
}

constexpr Ports both = Ports::both, https = Ports::https, http = Ports::http;

std::vector<Address> own() { return {address("10.0.0.1"), address("2001:db8::1")}; }

std::string text_of(const std::expected<DialPlan, DialFault>& judged) {
  if (!judged) return std::string(word_of(judged.error()));
  std::string text = judged->fixed ? "fixed" : "dialled";
  for (const DialTarget& target : judged->tries())
    text += (target.tls ? " https://" : " http://") + target.endpoint.text();
  return text;
}

}  // namespace

TEST_CASE("destinations are judged by address, port, host and mode", "[destination]") {
  struct Case {
    const char* dialled;
    const char* host;
    Ports ports;
    const char* wanted;
  };
  const Case cases[] = {
      {"10.1.2.3:443", "a.example.org", both, "dialled https://10.1.2.3:443 http://10.1.2.3:80"},
      {"10.1.2.3:443", "a.example.org", http, "dialled http://10.1.2.3:80"},
      {"10.1.2.3:443", "a.example.org", https, "dialled https://10.1.2.3:443"},
      {"10.1.2.3:443", "strict.example.org", https, "dialled https://10.1.2.3:443"},
      {"10.1.2.3:443", "strict.example.org", both, "dialled https://10.1.2.3:443"},
      {"10.1.2.3:443", "strict.example.org", http, "forbidden"},
      {"[2001:db8::5]:443", "a.example.org", both,
       "dialled https://[2001:db8::5]:443 http://[2001:db8::5]:80"},
      // The wrong port, the wrong name.
      {"10.1.2.3:22", "a.example.org", both, "forbidden"},
      {"10.1.2.3:0", "a.example.org", both, "forbidden"},
      {"10.1.2.3:443", "a.example.com", both, "unknown-host"},
      {"10.1.2.3:443", "evilexample.org", both, "unknown-host"},
      {"10.1.2.3:443", "", both, "unknown-host"},
      // Never, although the networks contain them all.
      {"10.9.1.2:443", "a.example.org", both, "forbidden"},
      {"[2001:db8:9::1]:443", "a.example.org", both, "forbidden"},
      {"10.0.0.1:443", "a.example.org", both, "forbidden"},
      {"[2001:db8::1]:443", "a.example.org", both, "forbidden"},
      {"127.0.0.1:443", "a.example.org", both, "forbidden"},
      {"127.200.1.1:443", "a.example.org", both, "forbidden"},
      {"[::1]:443", "a.example.org", both, "forbidden"},
      {"[::ffff:127.0.0.1]:443", "a.example.org", both, "forbidden"},
      {"169.254.169.254:443", "a.example.org", both, "forbidden"},
      {"[fe80::1]:443", "a.example.org", both, "forbidden"},
      {"224.0.0.1:443", "a.example.org", both, "forbidden"},
      {"[ff02::1]:443", "a.example.org", both, "forbidden"},
      {"0.0.0.0:443", "a.example.org", both, "forbidden"},
      {"[::]:443", "a.example.org", both, "forbidden"},
      {"255.255.255.255:443", "a.example.org", both, "forbidden"},
      // Fixed servers go where the operator says, wherever the client came from.
      {"10.1.2.3:443", "any.example.org", both, "fixed https://172.16.0.1:443 http://172.16.0.1:80"},
      {"127.0.0.1:443", "any.example.org", http, "fixed http://172.16.0.1:80"},
      {"10.1.2.3:443", "odd.example.org", both, "fixed https://172.16.0.1:8443"},
      {"10.1.2.3:443", "odd.example.org", http, "forbidden"},
      {"127.0.0.1:443", "any.example.org", https, "fixed https://172.16.0.1:443"},
      {"10.1.2.3:443", "odd.example.org", https, "fixed https://172.16.0.1:8443"},
      {"10.1.2.3:443", "plain.example.org", https, "forbidden"},
      {"10.1.2.3:443", "tls.example.org", both, "fixed https://172.16.0.2:443"},
      {"10.1.2.3:443", "tls.example.org", http, "forbidden"},
      {"10.1.2.3:443", "plain.example.org", both, "fixed http://172.16.0.3:8080"},
      {"10.1.2.3:443", "plain.example.org", http, "fixed http://172.16.0.3:8080"},
      {"10.1.2.3:443", "away.example.org", both, "fixed https://10.9.1.1:443"},
      {"10.1.2.3:443", "home.example.org", both, "forbidden"},
      {"10.1.2.3:443", "self.example.org", both, "forbidden"},
  };
  const WfdSettings settings = settings_for(GENERATE(ListenMode::redirect, ListenMode::tproxy));
  const DestinationPolicy policy(settings, own());
  for (const Case& c : cases) {
    CAPTURE(c.dialled, c.host, static_cast<int>(c.ports));
    // Port 0 has no text; it is made here.
    const std::string_view dialled = c.dialled;
    const Endpoint to = dialled.ends_with(":0") ? Endpoint{address("10.1.2.3"), 0} : endpoint(c.dialled);
    CHECK(text_of(policy.judge(to, c.host, c.ports)) == c.wanted);
  }
}

TEST_CASE("the address of a fixed server is reached under its own names only", "[destination]") {
  struct Case {
    const char* dialled;
    const char* host;
    const char* wanted;
  };
  WfdSettings settings = settings_for(GENERATE(ListenMode::redirect, ListenMode::tproxy));
  settings.fixed_servers.push_back(fixed("six.example.org", Scheme::https, "2001:db8::77", 0));
  const DestinationPolicy policy(settings, own());
  for (const Case& c : {
           // A name without a row at an address that has one: whoever led it there, it stops.
           Case{"172.16.0.2:443", "a.example.org", "misdirected"},
           Case{"172.16.0.3:443", "a.example.org", "misdirected"},  // listed with another port
           Case{"[2001:db8::77]:443", "a.example.org", "misdirected"},
           Case{"10.9.1.1:443", "a.example.org", "misdirected"},  // excluded, too: it is a no either way
           Case{"172.16.0.2:22", "a.example.org", "forbidden"},
           Case{"10.0.0.1:443", "a.example.org", "forbidden"},   // listed, but this host itself
           Case{"127.0.0.1:443", "a.example.org", "forbidden"},
           Case{"172.16.0.2:443", "a.example.com", "unknown-host"},
           // A name below a listed one is another name.
           Case{"172.16.0.2:443", "x.tls.example.org", "misdirected"},
           // A name with a row goes to its row, also from the address of another row.
           Case{"172.16.0.2:443", "tls.example.org", "fixed https://172.16.0.2:443"},
           Case{"172.16.0.3:443", "tls.example.org", "fixed https://172.16.0.2:443"},
           Case{"172.16.0.2:443", "any.example.org", "fixed https://172.16.0.1:443 http://172.16.0.1:80"},
           // Its neighbour is nobody's.
           Case{"172.16.0.9:443", "a.example.org", "dialled https://172.16.0.9:443 http://172.16.0.9:80"}}) {
    CAPTURE(c.dialled, c.host);
    CHECK(text_of(policy.judge(endpoint(c.dialled), c.host, both)) == c.wanted);
    if (c.wanted == std::string("misdirected"))
      for (const Ports one : {https, http}) CHECK(text_of(policy.judge(endpoint(c.dialled), c.host, one)) == c.wanted);
  }
}

TEST_CASE("blocked hosts are forbidden, with and without a row in [hosts]", "[destination]") {
  WfdSettings settings = settings_for(GENERATE(ListenMode::redirect, ListenMode::direct));
  settings.everyone.blocked_hosts = {"b.example.org", "tls.example.org"};
  HostPolicy own_policy = settings.everyone;
  own_policy.blocked_hosts = {"any.example.org"};
  settings.host_policies["any.example.org"] = own_policy;
  own_policy.blocked_hosts.clear();
  settings.host_policies["open.tls.example.org"] = own_policy;
  settings.fixed_servers.push_back(fixed("open.tls.example.org", Scheme::https, "172.16.0.9", 0));
  const DestinationPolicy policy(settings, own());
  for (const char* host : {"b.example.org", "x.b.example.org", "tls.example.org", "x.tls.example.org", "any.example.org"}) {
    CAPTURE(host);
    for (const char* dialled : {"10.1.2.3:443", "172.16.0.2:443"})
      for (const Ports ports : {both, https, http})
        CHECK(text_of(policy.judge(endpoint(dialled), host, ports)) == "forbidden");
  }
  // A name that only looks like it, and one whose own list is another.
  CHECK(text_of(policy.judge(endpoint("10.1.2.3:443"), "xb.example.org", both)) != "forbidden");
  CHECK(text_of(policy.judge(endpoint("10.1.2.3:443"), "open.tls.example.org", both)) == "fixed https://172.16.0.9:443");
}

TEST_CASE("nothing is inside when the networks are empty", "[destination]") {
  WfdSettings settings = settings_for(ListenMode::redirect);
  settings.intranet.networks.clear();
  const DestinationPolicy policy(settings, own());
  CHECK(text_of(policy.judge(endpoint("10.1.2.3:443"), "a.example.org", both)) == "forbidden");
  CHECK(text_of(policy.judge({}, "a.example.org", both)) == "forbidden");
}

TEST_CASE("in direct mode only the hosts of [hosts] are known", "[destination]") {
  const WfdSettings settings = settings_for(ListenMode::direct);
  const DestinationPolicy policy(settings, own());
  CHECK(text_of(policy.judge(endpoint("10.0.0.1:443"), "a.example.org", both)) == "unknown-host");
  CHECK(text_of(policy.judge(endpoint("10.1.2.3:443"), "a.example.org", both)) == "unknown-host");
  CHECK(text_of(policy.judge(endpoint("10.0.0.1:443"), "tls.example.org", both)) ==
        "fixed https://172.16.0.2:443");
}

TEST_CASE("the port that we listen on is one that a client may have dialled", "[destination]") {
  WfdSettings settings = settings_for(ListenMode::tproxy);
  settings.listen.port = 8443;
  const DestinationPolicy policy(settings, own());
  CHECK(policy.judge(endpoint("10.1.2.3:8443"), "a.example.org", both));
  CHECK(policy.judge(endpoint("10.1.2.3:443"), "a.example.org", both));
  CHECK_FALSE(policy.judge(endpoint("10.1.2.3:444"), "a.example.org", both));
}

TEST_CASE("every fault has a word and a status that says no", "[destination]") {
  for (int f = 0; f <= static_cast<int>(DialFault::last); ++f) {
    const auto fault = static_cast<DialFault>(f);
    CAPTURE(f);
    CHECK_FALSE(word_of(fault).empty());
    CHECK(status_of(fault) >= 400);
    CHECK(status_of(fault) <= 504);
  }
}
