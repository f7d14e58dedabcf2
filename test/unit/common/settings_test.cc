// The three configuration files: defaults, every kind of value, and every way to be wrong.
#include "common/settings.h"

#include <fstream>
#include <iostream>

#include "common/settings_wfd_rules.h"
#include "unit/catch.h"

using namespace postern;

namespace {

const std::string redird_least = "[redirect]\ndomain=example.org\n";
const std::string authd_least = "[session]\ndomain=example.org\n[store]\nsealing_key=/k\n";
const std::string wfd_least =
    "[tls]\ncertificate=/c\nkey=/k\n[domain]\nname=example.org\n[login]\nhost=login.example.org\n"
    "[intranet]\nnetworks=10.1.0.0/16\n";

RedirdSettings redird(const std::string& more = "") { return parse_redird(redird_least + more, "f").value(); }
AuthdSettings authd(const std::string& more = "") { return parse_authd(authd_least + more, "f").value(); }
// `more` follows in section [intranet].
WfdSettings wfd(const std::string& more = "") { return parse_wfd(wfd_least + more, "f").value(); }

std::string redird_error(const std::string& text) { return parse_redird(text, "f").error().what; }
std::string wfd_error(const std::string& more) {
  const auto parsed = parse_wfd(wfd_least + more, "f");
  return parsed ? "accepted" : parsed.error().what;
}
std::string authd_error(const std::string& more) {
  const auto parsed = parse_authd(authd_least + more, "f");
  return parsed ? "accepted" : parsed.error().what;
}
template <class S>
std::string error_of(const Result<S>& parsed) { return parsed ? "" : parsed.error().what; }
std::string parse_error(Daemon daemon, const std::string& text) {
  if (daemon == Daemon::redird) return error_of(parse_redird(text, "f"));
  return daemon == Daemon::wfd ? error_of(parse_wfd(text, "f")) : error_of(parse_authd(text, "f"));
}
bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("a file with only its required keys gives the defaults of the contract", "[settings]") {
  const auto r = redird();
  CHECK(r.listen.addresses == std::vector{Address::parse("0.0.0.0").value(), Address::parse("::").value()});
  CHECK(r.listen.port == 80);
  CHECK(r.listen.mode == ListenMode::redirect);
  CHECK(r.domains == std::vector<std::string>{"example.org"});
  CHECK(r.isolation.connections_per_worker == 256);
  CHECK(r.process.user_prefix == "_redird-");
  CHECK_FALSE(r.process.uid_base);
  CHECK(r.process.chroot == "/var/lib/postern/jail/redird");
  CHECK(r.process.pidfile == "/run/postern/redird.pid");
  CHECK(r.log.socket == "/dev/log");
  CHECK(r.log.on_failure == OnFailure::deny);
  CHECK(r.limits.head_timeout == seconds(10));
  CHECK(r.limits.head_bytes == 8192);

  const auto w = wfd();
  CHECK(w.listen.port == 443);
  CHECK(w.tls.min_version == TlsVersion::v1_2);
  CHECK(w.intranet.networks == std::vector{Network::parse("10.1.0.0/16").value()});
  CHECK(w.intranet.https_port == 443);
  CHECK(w.intranet.http_port == 80);
  CHECK(w.intranet.https_timeout == seconds(2));
  CHECK(w.intranet.source == SourceAddress::proxy);
  CHECK(w.policy_for("any.example.org").plain == Plain::fallback);
  CHECK(w.policy_for("any.example.org").verify == UpstreamVerify{true, {}});
  CHECK(w.cookie.name == "SessionID");
  CHECK_FALSE(w.cookie.forward);
  CHECK(w.verify_networks.empty());
  CHECK(w.fixed_servers.empty());
  CHECK(w.isolation.connections_per_worker == 1);
  CHECK(w.limits.connection_lifetime == seconds(86400));
  CHECK(w.limits.tunnel_timeout == seconds(3600));
  CHECK(w.limits.replay_bytes == 65536);
  CHECK(w.authd_socket == "/run/postern/gate.sock");

  const auto a = authd();
  CHECK(a.listen.gate == "/run/postern/gate.sock");
  CHECK(a.listen.admin == "/run/postern/admin.sock");
  CHECK(a.session.lifetime == seconds(8 * 3600));
  CHECK(a.session.idle == seconds(1800));
  CHECK(a.session.bind == Bind::exact);
  CHECK(a.session.domain == "example.org");
  CHECK(a.passcode.totp_window == 1);
  CHECK(a.passcode.hotp_window == 10);
  CHECK(a.identity.assertion_key.empty());
  CHECK(a.identity.previous_key.empty());
  CHECK(a.identity.verify_rate == 500);
  CHECK(a.store.path == "/db/authd.db");
}

TEST_CASE("what is missing is named with the file and what it is for", "[settings]") {
  CHECK(redird_error("") ==
        "f: [redirect] domain is missing: Hosts at or below these names are ours and get a redirect to https.");
  CHECK(has(parse_wfd("", "f").error().what, "f: [tls] certificate is missing: "));
  CHECK(has(parse_authd("", "f").error().what, "f: [session] domain is missing: "));
  CHECK(has(parse_wfd(wfd_least.substr(0, wfd_least.find("[intranet]")), "f").error().what, "f: [intranet] networks is missing"));
}

TEST_CASE("what is not a line of the format is refused in its line", "[settings]") {
  struct Row { std::string text; const char* error; };
  const std::string key_of_199 = "pidfile=/" + std::string(190, 'a');
  const Row row = GENERATE_COPY(values<Row>({
      {"[redirect]\ndomain=example.org\n[lissten]\n", "f:3: [lissten] is not a section; the sections are process log listen redirect isolation limits"},
      {"[redirect]\ndomains=a.org\n", "f:2: [redirect] domains is not a key; its keys are domain"},
      {"[redirect]\ndomain=a.org\ndomain=b.org\n", "f:3: domain is there already, in line 2"},
      {"[redirect]\ndomain=a.org\n[redirect]\n", "f:3: [redirect] is there already, in line 1"},
      {"domain=a.org\n", "f:1: a key is allowed only below a [SECTION]"},
      {"[redirect]\ndomain\n", "f:2: neither [SECTION] nor KEY = VALUE"},
      {"[redirect]\ndomain: a.org\n", "f:2: neither [SECTION] nor KEY = VALUE"},
      {"[redirect]\ndomain:x = a.org\n", "f:2: not a key: \"domain:x\""},
      {"[redirect]\ndomain=a.org ; mine\n", "f:2: # and ; are not allowed in a value"},
      {"[redirect]\ndomain=a.org;b.org\n", "f:2: # and ; are not allowed in a value"},
      {"[redirect]\ndomain=a.org # mine\n", "f:2: # and ; are not allowed in a value"},
      {"[redirect\n", "f:1: a section must be written [NAME]"},
      {"[redirect] x\n", "f:1: a section must be written [NAME]"},
      {"[]\n", "f:1: not a section name"},
      {"[redirect]\r\n", "f:1: the line ends in CR LF"},
      {"\xef\xbb\xbf[redirect]\n", "f:1: a control or non-ASCII byte"},
      {"[redirect]\ndomain=b\xc3\xbc" "cher.org\n", "f:2: a control or non-ASCII byte"},
      {std::string("[redirect]\ndomain=a.org\0\n", 25), "f:2: a control or non-ASCII byte"},
      {"[process]\n" + key_of_199 + "a\n", "f:2: the line has 200 bytes; at most 199 are allowed"},
      {"[" + std::string(60, 'x') + "]\n", "f:1: [xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx] is not a section"},
      {"[redirect]\ndomain=\n", "f:2: [redirect] domain is empty"},
      {"[listen]\nport=\n", "f:2: [listen] port is empty"}}));
  CAPTURE(row.text);
  CHECK(has(redird_error(row.text), row.error));
}

TEST_CASE("comments, blanks, indentation and a missing last newline do no harm", "[settings]") {
  const auto parsed = parse_redird("# first; \xc3\xbc\n  ; second " + std::string(300, 'x') +
                                   "\n\n \t\n[ redirect ]\n  domain =  A.Example.Org , b.org \n\t[listen]\n\tport=8080", "f");
  REQUIRE(parsed);
  CHECK(parsed->domains == std::vector<std::string>{"a.example.org", "b.org"});
  CHECK(parsed->listen.port == 8080);
  CHECK(parsed->origin.where("listen", "port") == "f:8: [listen] port");
  CHECK(parsed->origin.where("listen", "mode") == "f: [listen] mode");
}

TEST_CASE("a line of 199 bytes is read whole", "[settings]") {
  const std::string domains = std::string(60, 'a') + "." + std::string(60, 'b') + "," + std::string(60, 'c') + ".xyz";
  const std::string line = "domain=" + std::string(192 - domains.size(), ' ') + domains;
  REQUIRE(line.size() == 199);
  const auto parsed = parse_redird("[redirect]\n" + line + "\n", "f");
  REQUIRE(parsed);
  CHECK(parsed->domains.size() == 2);
  CHECK(parsed->domains[1] == std::string(60, 'c') + ".xyz");
}

TEST_CASE("durations take a unit, and only whole ones in bounds", "[settings]") {
  struct Row { const char* text; std::int64_t us; };
  const Row good = GENERATE(values<Row>({{"100ms", 100'000}, {"90s", 90'000'000}, {"1m", 60'000'000}, {"1h", 3'600'000'000}}));
  CHECK(redird(std::string("[limits]\nhead_timeout=") + good.text).limits.head_timeout.us == good.us);
  const std::string bad = GENERATE("10", "s", "10 s", "1.5s", "-1s", "+1s", "010s", "10sec", "10S", "99ms", "61m", "1h1m",
                                   "99999999999999999999s", "9223372036854775807d", "0s");
  CHECK(redird_error(redird_least + "[limits]\nhead_timeout=" + bad) ==
        "f:4: [limits] head_timeout: \"" + bad + "\" is not allowed: write a number with ms, s, m, h or d; 100ms to 1h");
}

TEST_CASE("sizes take k, m and g, or are bytes", "[settings]") {
  struct Row { const char* text; std::size_t bytes; };
  const Row good = GENERATE(values<Row>({{"512", 512}, {"1k", 1024}, {"256k", 262144}}));
  CHECK(redird(std::string("[limits]\nhead_bytes=") + good.text).limits.head_bytes == good.bytes);
  const std::string bad = GENERATE("511", "257k", "1kb", "1K", "k", "-1", "1g", "9007199254740992k", "18446744073709551616");
  CHECK(redird_error(redird_least + "[limits]\nhead_bytes=" + bad) ==
        "f:4: [limits] head_bytes: \"" + bad + "\" is not allowed: write bytes, or a number with k, m or g; 512 to 256k");
}

TEST_CASE("a bad value is refused with what is allowed", "[settings]") {
  struct Row { const char* text; const char* error; };
  const Row row = GENERATE(values<Row>({
      {"exclude=10.1.0.1/16", "f:10: [intranet] exclude: \"10.1.0.1/16\" is not allowed: host bits are set (the network would be 10.1.0.0/16)"},
      {"exclude=10.1.0.0", "not a network (ADDRESS/LENGTH)"},
      {"exclude=10.1.0.0/16,", "commas only between"},
      {"exclude=,10.1.0.0/16", "commas only between"},
      {"exclude=10.1.0.0/16,,10.2.0.0/16", "commas only between"},
      {"exclude=10.1.0.0/16,10.1.0.0/16", "twice"},
      {"plain=maybe", "f:10: [intranet] plain: \"maybe\" is not allowed: write never or fallback"},
      {"source=both", "write proxy or client"},
      {"https_port=0", "write a port, 1 to 65535"},
      {"https_port=65536", "write a port, 1 to 65535"},
      {"[listen]\nmode=nat", "f:11: [listen] mode: \"nat\" is not allowed: write redirect or tproxy or direct"},
      {"[listen]\naddress=localhost", "not an IPv4 or IPv6 address"},
      {"[upstream_tls]\nverify=on", "write yes or no"},
      {"[upstream_tls]\nverify=sha256:00", "write yes or no"},
      {"[upstream_tls]\nca_file=certs.pem", "write an absolute path"},
      {"[process]\nchroot=/a/../b", "write an absolute path"},
      {"[process]\nchroot=/a//b", "write an absolute path"},
      {"[process]\nchroot=/a/", "write an absolute path"},
      {"[process]\nchroot=/", "write an absolute path"},
      {"[process]\nuid_base=0", "write a number, 1 to 2000000000"},
      {"[process]\nuser_prefix=Wfd-", "write at most 20 of a-z"},
      {"[cookie]\nname=a b", "write a name of"},
      {"[cookie]\nname=a=b", "write a name of"},
      {"[isolation]\nmax_workers=1e3", "write a number, 1 to 16000"}}));
  CAPTURE(row.text);
  const std::string error = wfd_error(row.text);
  CHECK(has(error, row.error));
  CHECK((has(error, "f:10: ") || has(error, "f:11: ")));
}

TEST_CASE("a host name is a name, not an address or a pattern", "[settings]") {
  const std::string bad = GENERATE("10.0.0.1", "*.example.org", "example.org.", ".example.org", "exa_mple.org", "a..b",
                                   "-a.org", "a-.org", "[::1]", "a.org:443", "https://a.org", "a b.org");
  CHECK(has(redird_error("[redirect]\ndomain=" + bad), "f:2: [redirect] domain: "));
  const std::string long_label = std::string(64, 'a') + ".org";
  CHECK(has(redird_error("[redirect]\ndomain=" + long_label), "write a host name"));
}

TEST_CASE("fixed servers are read with scheme, address and port", "[settings]") {
  const auto s = wfd("[hosts]\nwiki.example.org = 10.9.0.1\nA.example.org=http://10.9.0.2:8080\n"
                     "b.example.org=https://[2001:db8::1]:8443\nc.example.org=2001:db8::2\nd.example.org=10.9.0.3:1\n");
  const auto at = [](const char* text) { return Address::parse(text).value(); };
  CHECK(s.fixed_servers == std::vector<FixedServer>{{"wiki.example.org", Scheme::any, at("10.9.0.1"), 0},
                                                    {"a.example.org", Scheme::http, at("10.9.0.2"), 8080},
                                                    {"b.example.org", Scheme::https, at("2001:db8::1"), 8443},
                                                    {"c.example.org", Scheme::any, at("2001:db8::2"), 0},
                                                    {"d.example.org", Scheme::any, at("10.9.0.3"), 1}});
  REQUIRE(s.fixed_server("a.example.org") != nullptr);
  CHECK(s.fixed_server("x.example.org") == nullptr);
  const std::string bad = GENERATE("ftp://10.1.1.1", "10.1.1.1/", "http://", "http://host", "10.1.1.1:0", "127.0.0.1",
                                   "[::1]:80", "169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.0", "HTTP://10.1.1.1", "::ffff:127.0.0.1");
  CHECK(has(wfd_error("[hosts]\nx.example.org=" + bad), "f:11: [hosts] x.example.org: \"" + bad + "\" is not allowed"));
  CHECK(has(wfd_error("[hosts]\nx.example.com=10.1.1.1"), "f:11: [hosts] x.example.com is not at or below"));
  CHECK(has(wfd_error("[hosts]\nlogin.example.org=10.1.1.1"), "is the login host"));
  CHECK(has(wfd_error("[hosts]\nx.example.org=10.1.1.1\nX.example.org=10.1.1.1"), "f:12: [hosts] X.example.org is there already"));
}

TEST_CASE("keys of wfd that exclude each other are refused in their line", "[settings]") {
  struct Row { const char* text; const char* error; };
  const Row row = GENERATE(values<Row>({
      {"http_port=443", "f:10: [intranet] http_port is the same as https_port"},
      {"[listen]\nmode=direct", "f:11: [listen] mode=direct needs servers in [hosts]"},
      {"[process]\nuid_base=9000\nuser_prefix=_x-", "f:11: [process] uid_base cannot stand beside user_prefix"},
      {"[cookie]\nname=__Host-a", "f:11: [cookie] name: a name with __Host- is not allowed"},
      {"[isolation]\nspare_workers=9\nmax_workers=8", "f:11: [isolation] spare_workers is more than max_workers (8)"}}));
  CHECK(has(wfd_error(row.text), row.error));
  CHECK(wfd("[isolation]\nmax_workers=4").isolation.spare_workers == 4);
  CHECK(wfd("[process]\nuid_base=9000").process.uid_base == 9000U);
}

TEST_CASE("certificates and keys come in pairs, and the login host is ours", "[settings]") {
  CHECK(has(parse_wfd("[tls]\ncertificate=/a,/b\nkey=/c\n[domain]\nname=a.org\n[login]\nhost=l.a.org\n", "f").error().what,
            "f:3: [tls] key has 1 files, certificate has 2"));
  CHECK(has(parse_wfd("[tls]\ncertificate=/a\nkey=/c\n[domain]\nname=a.org\n[login]\nhost=l.xa.org\n", "f").error().what,
            "f:7: [login] host: \"l.xa.org\" is not at or below"));
}

TEST_CASE("networks that are never dialled are refused, all others may be named", "[settings]") {
  const std::string head = wfd_least.substr(0, wfd_least.find("networks="));
  const std::string bad = GENERATE("127.0.0.0/8", "::1/128", "169.254.0.0/16", "fe80::/10", "224.0.0.0/4", "ff00::/8");
  CHECK(has(parse_wfd(head + "networks=" + bad, "f").error().what, "f:9: [intranet] networks: \"" + bad));
  CHECK(parse_wfd(head + "networks=0.0.0.0/0,::/0", "f").value().intranet.networks.size() == 2);
}

TEST_CASE("the client's address and identity fields exclude each other", "[settings]") {
  WfdSettings s = wfd("source=client\n[identity]\nheaders=no");
  CHECK(check_rules(s).has_value());
  s.identity.headers = true;
  CHECK(has(check_rules(s).error().what, "f:10: [intranet] source=client is not allowed with [identity] headers=yes"));
  s.intranet.source = SourceAddress::proxy;
  CHECK(check_rules(s).has_value());
}

TEST_CASE("a host's policy starts from the general values, wherever it stands", "[settings]") {
  const auto s = parse_wfd("[host A.example.org]\nhsts=no\n" + wfd_least + "plain=never\n[upstream_tls]\nverify=no\n", "f");
  REQUIRE(s);
  CHECK(s->host_policies.size() == 1);
  CHECK(s->policy_for("a.example.org").plain == Plain::never);
  CHECK_FALSE(s->policy_for("a.example.org").verify.required);
  CHECK(s->policy_for("b.example.org") == s->everyone);
  CHECK(has(wfd_error("[host x.example.com]\n"), "f:10: [host] x.example.com is not at or below"));
  CHECK(has(wfd_error("[host *.example.org]\n"), "f:10: [host *.example.org]: write a host name"));
  CHECK(has(wfd_error("[host a.example.org]\n[host A.example.org]\n"), "f:11: [host A.example.org] is there already"));
  CHECK(has(wfd_error("[host a.example.org]\nport=1\n"), "f:11: [host NAME] port is not a key; its keys are methods "));
}

TEST_CASE("networks that may ask /verify fit into what authd is told of them", "[settings]") {
  std::string networks;  // what fits on one line may be longer in its usual form
  for (int i = 0; i < 17; ++i) networks += "::" + std::to_string(1 + i / 9) + ":" + std::to_string(1 + i % 9) + "/128,";
  const auto longest = parse_wfd(wfd_least + "[verify]\nnetworks=" + networks + "10.100.100.100/32\n", "f");
  REQUIRE(longest);
  CHECK(verify_networks_text(*longest).starts_with("::0.1.0.1/128,::0.1.0.2/128,"));
  CHECK(verify_networks_text(*longest).size() == max_verify_networks);
  CHECK(has(wfd_error("[verify]\nnetworks=" + networks + "100.100.100.100/32\n"),
            "f:11: [verify] networks has 256 characters; at most 255 are allowed"));
}

TEST_CASE("public paths are plain, of one host, and not of the login host", "[settings]") {
  const auto s = parse_wfd(wfd_least + "[hosts]\na.example.org=10.1.0.1\n[host a.example.org]\npublic_paths=/pub,/.well-known/x/\ncors_origins=B.example.org\n"
                           "[policy]\ncors_origins=c.example.org\n", "f");
  REQUIRE(s);
  CHECK(s->policy_for("a.example.org").public_paths == std::vector<std::string>{"/pub", "/.well-known/x/"});
  CHECK(s->policy_for("a.example.org").cors_origins == std::vector<std::string>{"b.example.org"});
  CHECK(s->policy_for("b.example.org").public_paths.empty());
  CHECK(s->policy_for("b.example.org").cors_origins == std::vector<std::string>{"c.example.org"});
  for (const char* bad : {"pub", "//", "/a//b", "/a/..", "/./a", "/a%20b", "/a*", "/a?b", "*", "http://a/b", "/a b"}) {
    INFO(bad);
    CHECK(has(wfd_error("[host a.example.org]\npublic_paths=" + std::string(bad) + "\n"), "is not allowed: write a path that begins with /"));
  }
  CHECK(has(wfd_error("[host login.example.org]\npublic_paths=/pub\n"), "f:10: [host] login.example.org is the login host, which has no public_paths"));
  CHECK(has(wfd_error("[host a.example.org]\npublic_paths=/pub\n"), "f:10: [host] a.example.org: public_paths needs a row for a.example.org in [hosts]"));
  CHECK(has(wfd_error("[policy]\npublic_paths=/pub\n"), "f:11: [policy] public_paths is not a key"));
  for (const char* bad : {"https://b.example.org", "*", "*.example.org", "b.example.org:443"})
    CHECK(has(wfd_error("[policy]\ncors_origins=" + std::string(bad) + "\n"), "is not allowed: write a host name"));
}

TEST_CASE("what is traced is hosts of ours and networks", "[settings]") {
  const auto s = parse_wfd(wfd_least + "[trace]\nhosts=A.example.org,example.org\nsources=192.0.2.0/24,2001:db8::/32\n", "f");
  REQUIRE(s);
  CHECK(s->trace.hosts == std::vector<std::string>{"a.example.org", "example.org"});
  CHECK(s->trace.sources.size() == 2);
  CHECK(wfd().trace == WfdSettings::Trace());
  CHECK(has(wfd_error("[trace]\nhosts=a.example.net\n"), "f:11: [trace] hosts: \"a.example.net\" is not at or below"));
  CHECK(has(wfd_error("[trace]\nsources=192.0.2.7/24\n"), "f:11: [trace] sources: "));
  CHECK(has(wfd_error("[trace]\nhosts=yes,\n"), "f:11: [trace] hosts: "));
}

TEST_CASE("the store's path is given as the vault sees it", "[settings]") {
  CHECK(authd("path=/db/x.db").store.path == "/db/x.db");
  CHECK(authd("path=/var/lib/postern/jail/authd/vault/db/y.db").store.path == "/db/y.db");
  CHECK(authd("path=/j/vault/db/y.db\n[process]\nchroot=/j").store.path == "/db/y.db");
  const std::string bad = GENERATE("/var/lib/x.db", "/db/a/x.db", "/dbx", "/j/vault/y.db");
  CHECK(has(authd_error("path=" + bad), "f:5: [store] path: \"" + bad + "\" is not allowed: write a file in /db/"));
}

TEST_CASE("each row takes its own default or example", "[settings]") {
  for (const Daemon daemon : {Daemon::redird, Daemon::wfd, Daemon::authd}) {
    std::map<std::string, std::string> sections;
    for (const KeyInfo& key : list_keys(daemon)) {
      CAPTURE(key.section, key.key);
      CHECK(key.help.ends_with('.'));
      CHECK(key.help.size() <= 100);
      if (key.key == "NAME" || key.key == "uid_base") continue;
      const std::string section = key.section == "host NAME" ? "host www.example.org" : std::string(key.section);
      const std::string text = key.key == "networks" && key.section == "intranet" ? "10.0.0.0/8" : std::string(key.text);
      sections[section] += std::string(key.key) + "=" + text + "\n";
    }
    std::string text;
    for (const auto& [section, keys] : sections) text += "[" + section + "]\n" + keys;
    CHECK(parse_error(daemon, text) == "");
  }
}

TEST_CASE("a key that nothing acts on yet is refused unless it stands at its default", "[settings]") {
  int not_built = 0;
  for (const KeyInfo& key : list_keys(Daemon::wfd)) {
    if (key.built || key.section == "host NAME") continue;
    ++not_built;
    const std::string section = "[" + std::string(key.section) + "]\n" + std::string(key.key) + "=";
    CHECK(has(wfd_error(section + (key.text == "no" ? "yes" : "x")), "is not built yet in this version; only its default"));
    CHECK(wfd_error(section + std::string(key.text)) == "accepted");
  }
  CHECK((not_built > 0 || list_keys(Daemon::wfd).size() > 60));
}

TEST_CASE("at or below a domain means whole labels", "[settings]") {
  CHECK(is_at_or_below("example.org", "example.org"));
  CHECK(is_at_or_below("a.example.org", "example.org"));
  CHECK_FALSE(is_at_or_below("evil-example.org", "example.org"));
  CHECK_FALSE(is_at_or_below(".example.org", "example.org"));
  CHECK_FALSE(is_at_or_below("org", "example.org"));
  CHECK_FALSE(is_at_or_below("example.org", ""));
  CHECK_FALSE(is_at_or_below("", "example.org"));
  CHECK(is_at_or_below("x.b.org", std::vector<std::string>{"a.org", "b.org"}));
}

// Hidden: test/audit/keys_documented.sh runs these from the top of the source tree.

TEST_CASE("the rows of the tables, one a line", "[.keys]") {
  for (const Daemon daemon : {Daemon::redird, Daemon::wfd, Daemon::authd})
    for (const KeyInfo& key : list_keys(daemon)) {
      const char* need = key.required ? "required" : key.built ? "optional" : "not_built";
      for (const std::string_view field : {std::string_view("KEY"), name_of(daemon), key.section, key.key, key.text,
                                           std::string_view(need), key.help})
        std::cout << field << (field == key.help ? "\n" : "\t");
    }
}

TEST_CASE("the shipped files are read, and say the defaults", "[.shipped]") {
  for (const Daemon daemon : {Daemon::redird, Daemon::wfd, Daemon::authd}) {
    const std::string name = "etc/" + std::string(name_of(daemon)) + ".conf";
    std::ifstream file(name);
    std::string shipped, written;  // written: with every "#key=value" switched on
    for (std::string line; std::getline(file, line);) {
      shipped += line + "\n";
      const bool is_key = line.size() > 1 && line[0] == '#' && line[1] != ' ';
      written += (is_key && !line.starts_with("#uid_base") ? line.substr(1) : line) + "\n";
    }
    CAPTURE(name);
    REQUIRE(shipped.size() > 1000);
    CHECK(has(parse_error(daemon, shipped), "is missing"));
    CHECK(parse_error(daemon, written) == "");
  }
}
