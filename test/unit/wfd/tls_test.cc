// TLS towards clients: our server against an ordinary OpenSSL client.
#include "wfd/tls.h"

#include <openssl/core_names.h>
#include <sys/socket.h>

#include <algorithm>

#include "unit/wfd/tls_rig.h"

using namespace tls_rig;

TEST_CASE("a client with any key and version is served with one signature", "[tls]") {
  const std::string kind = GENERATE("P-256", "P-384", "2048");
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  CAPTURE(kind, version);
  Server server({{.key = kind}});
  const auto meeting = shaken(server, {.version = version});
  REQUIRE(meeting->good());
  CHECK(server.signer.kinds == std::vector{version == TLS1_2_VERSION
                                               ? TextKind::tls12_key_exchange
                                               : TextKind::tls13_certificate_verify});
  CHECK(server.signer.connection == 77);
  CHECK(meeting->stream->version() == (version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3"));
  CHECK(meeting->stream->cipher() == SSL_get_cipher_name(meeting->client.get()));
  CHECK(meeting->stream->sni() == "www.example.test");
  CHECK(meeting->stream->alpn() == "http/1.1");
  CHECK(meeting->stream->failure().empty());
  CHECK_FALSE(meeting->stream->resumed());

  CHECK(meeting->stream->write(span_of("hello")).n == 5);
  CHECK(meeting->client_reads() == "hello");
  CHECK(SSL_write(meeting->client.get(), "there", 5) == 5);
  Io last = Io::done;
  CHECK(read_all(*meeting->stream, last) == "there");
  CHECK(last == Io::want_read);
}

TEST_CASE("one name can have an EC and an RSA certificate", "[tls]") {
  Server server({{.key = "2048"}, {.key = "P-256"}});
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  CHECK(shaken(server, {.version = version, .signature_schemes = "ECDSA+SHA256"})->good());
  CHECK(shaken(server, {.version = version, .signature_schemes = "rsa_pss_rsae_sha256"})->good());
  CHECK(server.signer.certificates == std::vector<std::uint16_t>{1, 0});
  CHECK(server.signer.schemes == std::vector<std::uint16_t>{0x0403, 0x0804});
}

TEST_CASE("the certificate follows the name that is asked for", "[tls]") {
  struct Row {
    const char* sni;
    int certificate;  // the first where no name fits: HTTP says 421 then
  };
  const Row rows[] = {{"a.example.test", 0},  {"A.Example.TEST", 0}, {"b.example.test", 1},
                      {"b.other.test", 0},    {nullptr, 0},          {"x.b.example.test", 0},
                      {"localhost", 0},       {"192.0.2.1", 0}};
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  Server server({{.names = "DNS:a.example.test"}, {.key = "2048", .names = "DNS:*.example.test"}});
  for (const Row& row : rows) {
    CAPTURE(version, row.sni ? row.sni : "none");
    server.signer.certificates.clear();
    const auto meeting = shaken(server, {.version = version, .sni = row.sni});
    CHECK(meeting->good());
    CHECK(server.signer.certificates == std::vector{static_cast<std::uint16_t>(row.certificate)});
  }
}

TEST_CASE("only http/1.1 is spoken", "[tls]") {
  struct Row {
    std::string offered;
    bool good;
    std::string chosen;
  };
  const Row rows[] = {{"\x08http/1.1", true, "http/1.1"},
                      {"\x02h2\x08http/1.1", true, "http/1.1"},
                      {"", true, ""},
                      {"\x02h2", false, ""},
                      {"\x08http/1.0", false, ""},
                      {"\x02h2\x06http/1", false, ""}};
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  Server server({Spec{}});
  for (const Row& row : rows) {
    CAPTURE(version, row.offered);
    const auto meeting = shaken(server, {.version = version, .alpn = row.offered});
    CHECK(meeting->good() == row.good);
    if (row.good) CHECK(meeting->stream->alpn() == row.chosen);
    if (row.good) continue;
    CHECK(meeting->stream->failure() == "no-application-protocol");
    CHECK(meeting->alert == SSL_AD_NO_APPLICATION_PROTOCOL);
  }
}

TEST_CASE("old versions are refused, and TLS 1.2 too where 1.3 is the least", "[tls]") {
  Server both({Spec{}});
  const auto old = shaken(both, {.version = TLS1_1_VERSION, .min_version = TLS1_1_VERSION});
  CHECK(old->server == Io::failed);
  CHECK(old->stream->failure() == "version");
  Server newest({Spec{}}, TlsVersion::tls13);
  CHECK(shaken(newest, {.version = TLS1_2_VERSION})->stream->failure() == "version");
  CHECK(newest.signer.kinds.empty());
  CHECK(shaken(newest)->good());
}

TEST_CASE("the session comes with the first answer, in one packet", "[tls]") {
  Server server({Spec{}});
  const auto meeting = shaken(server);
  REQUIRE(meeting->good());
  char packet[100'000];
  CHECK(::recv(meeting->client_fd.get(), packet, sizeof packet, MSG_PEEK) < 0);  // not before
  const std::string page(GENERATE(0, 5000, 40'000), 'p');  // one record or several behind it
  const std::string answer = "answer" + page;
  const IoResult r = meeting->stream->write(span_of(answer));
  CHECK(r.io == Io::done);
  CHECK(r.n == answer.size());
  CHECK(server.sessions.kept == 1);
  const ssize_t n = ::recv(meeting->client_fd.get(), packet, sizeof packet, MSG_PEEK);
  CHECK(n > static_cast<ssize_t>(answer.size()) + 60);  // a ticket has more than that
  std::string got;
  for (int i = 0; i < 5; ++i) got += meeting->client_reads();
  CHECK(got == answer);
  const SessionHandle session(SSL_get1_session(meeting->client.get()));
  CHECK(SSL_SESSION_is_resumable(session.get()));

  CHECK(meeting->stream->write(span_of("more")).n == 4);  // and it comes once
  CHECK(server.sessions.kept == 1);
  CHECK(meeting->client_reads() == "more");
}

TEST_CASE("a session without an answer leaves with the end", "[tls]") {
  Server server({Spec{}});
  const auto meeting = shaken(server);
  REQUIRE(meeting->good());
  CHECK(meeting->stream->shutdown() == Io::done);
  CHECK(meeting->client_reads().empty());
  CHECK((SSL_get_shutdown(meeting->client.get()) & SSL_RECEIVED_SHUTDOWN) != 0);
  const SessionHandle session(SSL_get1_session(meeting->client.get()));
  CHECK(SSL_SESSION_is_resumable(session.get()));
}

TEST_CASE("who breaks a record before the first answer is told so", "[tls]") {
  Server server({Spec{}});
  const auto meeting = shaken(server);
  REQUIRE(meeting->good());
  const std::string record = std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x');
  REQUIRE(::send(meeting->client_fd.get(), record.data(), record.size(), 0) == static_cast<ssize_t>(record.size()));
  Io last = Io::done;
  CHECK(read_all(*meeting->stream, last).empty());
  CHECK(last == Io::failed);
  (void)meeting->client_reads();
  CHECK(meeting->alert == SSL_AD_BAD_RECORD_MAC);
}

TEST_CASE("a session is resumed once, without a signature", "[tls]") {
  Server server({Spec{}});
  const auto first = answered(server);
  REQUIRE(first->good());
  CHECK(server.sessions.kept == 1);
  CHECK(server.sessions.largest <= ResumptionPeer::max_blob);
  const SessionHandle session(SSL_get1_session(first->client.get()));
  REQUIRE(SSL_SESSION_is_resumable(session.get()));
  CHECK(SSL_SESSION_get_max_early_data(session.get()) == 0);

  const auto second = shaken(server, {.session = session.get()});
  REQUIRE(second->good());
  CHECK(second->stream->resumed());
  CHECK(second->stream->sni() == "www.example.test");
  CHECK(second->stream->alpn() == "http/1.1");
  CHECK(server.signer.kinds.size() == 1);

  const auto third = shaken(server, {.session = session.get()});
  REQUIRE(third->good());
  CHECK_FALSE(third->stream->resumed());
  CHECK(server.signer.kinds.size() == 2);
}

TEST_CASE("a resumed connection gets a new session of its own", "[tls]") {
  Server server({{.key = "2048"}});
  auto meeting = answered(server);
  for (int i = 0; i < 3; ++i) {
    const SessionHandle session(SSL_get1_session(meeting->client.get()));
    meeting = answered(server, {.session = session.get()});
    REQUIRE(meeting->good());
    CHECK(meeting->stream->resumed());
  }
  CHECK(server.signer.kinds.size() == 1);
}

TEST_CASE("a session is no use from another address or for another name", "[tls]") {
  Server server({{.names = "DNS:*.example.test"}});
  const auto first = answered(server);
  const SessionHandle session(SSL_get1_session(first->client.get()));

  server.sessions.client = *Address::parse("192.0.2.9");
  const auto elsewhere = shaken(server, {.session = session.get()});
  REQUIRE(elsewhere->good());
  CHECK_FALSE(elsewhere->stream->resumed());
  server.sessions.client = *Address::parse("192.0.2.1");

  const auto renamed = shaken(server, {.sni = "other.example.test", .session = session.get()});
  REQUIRE(renamed->good());
  CHECK_FALSE(renamed->stream->resumed());
  CHECK(server.sessions.asked == 2);

  CHECK(shaken(server, {.session = session.get()})->stream->resumed());
}

TEST_CASE("a TLS 1.2 session is never kept or looked for", "[tls]") {
  Server server({Spec{}});
  const auto first = shaken(server, {.version = TLS1_2_VERSION});
  REQUIRE(first->good());
  const SessionHandle session(SSL_get1_session(first->client.get()));
  const auto second = shaken(server, {.version = TLS1_2_VERSION, .session = session.get()});
  REQUIRE(second->good());
  CHECK_FALSE(second->stream->resumed());
  CHECK(server.sessions.kept == 0);
  CHECK(server.sessions.asked == 0);
}

TEST_CASE("without a store every handshake is a full one", "[tls]") {
  Server server({Spec{}});
  server.context->connect(&server.signer, nullptr);
  const auto first = shaken(server);
  REQUIRE(first->good());
  const SessionHandle session(SSL_get1_session(first->client.get()));
  CHECK_FALSE(shaken(server, {.session = session.get()})->stream->resumed());
  CHECK(server.signer.kinds.size() == 2);
}

TEST_CASE("early data never comes out, whatever the client believes", "[tls]") {
  Server server({Spec{}});
  const auto first = answered(server);
  const SessionHandle session(SSL_get1_session(first->client.get()));
  SSL_SESSION_set_max_early_data(session.get(), 1000);  // we never said so
  const auto meeting = meet(server, {.session = session.get()});
  std::size_t written = 0;
  SSL_write_early_data(meeting->client.get(), "early", 5, &written);
  REQUIRE(written == 5);
  meeting->shake();
  CHECK(SSL_get_early_data_status(meeting->client.get()) != SSL_EARLY_DATA_ACCEPTED);
  Io last = Io::done;
  CHECK(read_all(*meeting->stream, last).empty());
}

TEST_CASE("renegotiation is refused", "[tls]") {
  Server server({Spec{}});
  const auto meeting = shaken(server, {.version = TLS1_2_VERSION});
  REQUIRE(meeting->good());
  REQUIRE(SSL_renegotiate(meeting->client.get()) == 1);
  Io last = Io::done;
  for (int i = 0; i < 10; ++i) {
    SSL_do_handshake(meeting->client.get());
    CHECK(read_all(*meeting->stream, last).empty());
  }
  CHECK(SSL_renegotiate_pending(meeting->client.get()) != 0);
  CHECK(meeting->alert == SSL_AD_NO_RENEGOTIATION);
  CHECK(server.signer.kinds.size() == 1);
}

TEST_CASE("without a signature there is no connection", "[tls]") {
  Server server({{.key = "2048"}});
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  SECTION("the signer refuses") { server.signer.refuses = true; }
  SECTION("there is no signer") { server.context->connect(nullptr, nullptr); }
  const auto meeting = shaken(server, {.version = version});
  CHECK(meeting->server == Io::failed);
  CHECK(meeting->stream->failure() == "signer");
  CHECK_FALSE(meeting->client_done);
  CHECK(meeting->stream->read({}).io == Io::failed);
}

TEST_CASE("a key of the provider has no private half to give away", "[tls]") {
  const std::string kind = GENERATE("P-256", "2048");
  const SignProvider provider = open_provider();
  const PkeyHandle made(provider.make_key(key(kind), 3));
  REQUIRE(made);
  OSSL_PARAM* params = nullptr;
  BIGNUM* number = nullptr;
  CHECK(EVP_PKEY_todata(made.get(), EVP_PKEY_KEYPAIR, &params) != 1);
  CHECK(EVP_PKEY_todata(made.get(), EVP_PKEY_PUBLIC_KEY, &params) != 1);
  CHECK(EVP_PKEY_get_bn_param(made.get(), OSSL_PKEY_PARAM_PRIV_KEY, &number) != 1);
  CHECK(EVP_PKEY_get_bn_param(made.get(), OSSL_PKEY_PARAM_RSA_D, &number) != 1);
  CHECK(i2d_PrivateKey(made.get(), nullptr) <= 0);
  const BioHandle out(BIO_new(BIO_s_mem()));
  CHECK(PEM_write_bio_PrivateKey(out.get(), made.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
        1);
  CHECK(EVP_PKEY_get_bits(made.get()) == EVP_PKEY_get_bits(key(kind)));
  ERR_clear_error();
}

TEST_CASE("the end of a connection is told from its breaking off", "[tls]") {
  Server server({Spec{}});
  const auto meeting = shaken(server);
  REQUIRE(SSL_write(meeting->client.get(), "last", 4) == 4);
  const bool goodbye = GENERATE(true, false);
  if (goodbye) SSL_shutdown(meeting->client.get());
  meeting->client_fd.reset();
  Io last = Io::done;
  CHECK(read_all(*meeting->stream, last) == "last");
  CHECK(last == Io::closed);
  CHECK(meeting->stream->truncated() == !goodbye);
  CHECK(meeting->stream->read(std::span<std::byte>()).io == (goodbye ? Io::done : Io::closed));
}

TEST_CASE("who ends his side without a word is sent nothing more", "[tls]") {
  Server server({Spec{}});
  const auto meeting = answered(server);
  REQUIRE(::shutdown(meeting->client_fd.get(), SHUT_WR) == 0);
  Io last = Io::done;
  CHECK(read_all(*meeting->stream, last).empty());
  CHECK(last == Io::closed);
  char byte = 0;
  CHECK((::recv(meeting->client_fd.get(), &byte, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN));
}

TEST_CASE("our goodbye arrives, and is said once without waiting", "[tls]") {
  Server server({Spec{}});
  const auto meeting = shaken(server);
  CHECK(meeting->stream->shutdown() == Io::done);
  meeting->client_reads();
  CHECK((SSL_get_shutdown(meeting->client.get()) & SSL_RECEIVED_SHUTDOWN) != 0);
}

TEST_CASE("what is not TLS is named", "[tls]") {
  struct Row {
    std::string sent;
    std::string word;
  };
  const Row rows[] = {{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "plain-http"},
                      {"SSH-2.0-OpenSSH_9.2\r\n", "not-tls"},
                      {std::string(64, '\0'), "not-tls"}};
  for (const Row& row : rows) {
    CAPTURE(row.sent);
    Server server({Spec{}});
    const auto meeting = meet(server);
    REQUIRE(::send(meeting->client_fd.get(), row.sent.data(), row.sent.size(), 0) > 0);
    CHECK(meeting->stream->handshake() == Io::failed);
    CHECK(meeting->stream->failure() == row.word);
    CHECK(meeting->stream->handshake() == Io::failed);
    CHECK(meeting->stream->shutdown() == Io::failed);
  }
}

TEST_CASE("a client that goes away in the handshake is closed", "[tls]") {
  Server server({Spec{}});
  const auto meeting = meet(server);
  CHECK(meeting->stream->handshake() == Io::want_read);
  meeting->client_fd.reset();
  CHECK(meeting->stream->handshake() == Io::closed);
  CHECK(meeting->stream->failure() == "closed");
  CHECK(meeting->stream->truncated());
}

TEST_CASE("a slow reader stops the writer, and nothing is lost", "[tls]") {
  Server server({Spec{}});
  const auto meeting = shaken(server);
  std::string sent(3'000'000, '\0');
  for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 7 >> 4);
  std::string got;
  std::size_t done = 0;
  int stops = 0, some = 0;
  const std::size_t offered = GENERATE(1'000U, 16'384U, 16'385U, 40'000U, 65'536U, 200'000U);
  const std::size_t at_once = GENERATE(5'000U, 65'536U);
  CAPTURE(offered, at_once);
  while (done < sent.size()) {
    const std::string moved = sent.substr(done, offered);  // at another place every time
    const IoResult result = meeting->stream->write(span_of(moved));
    REQUIRE((result.io == Io::done || result.io == Io::want_write));
    CHECK((result.n > 0) == (result.io == Io::done));
    CHECK(result.n <= moved.size());
    CHECK(result.n >= (result.io == Io::done ? std::min<std::size_t>(moved.size(), 16'384) : 0));
    done += result.n;
    if (result.io == Io::done) continue;
    ++stops;
    some += result.some ? 1 : 0;
    for (std::string part; !(part = meeting->client_reads(at_once)).empty() && (got += part, at_once == 65536);) {}
  }
  for (std::string part; !(part = meeting->client_reads()).empty();) got += part;
  CHECK(stops > 0);
  if (offered <= 16'384) CHECK(some == 0);  // one record is nothing until it is out
  if (offered >= 40'000) CHECK(some > 0);
  CHECK(got == sent);
}

TEST_CASE("records that are gathered go before whatever else has to go", "[tls]") {
  Server server({Spec{}});
  const auto meeting = shaken(server);
  const std::string text(60'000, 'x');
  std::size_t sent = 0;
  IoResult last{.io = Io::done};
  for (; last.io == Io::done; sent += last.n) last = meeting->stream->write(span_of(text));
  REQUIRE(last.io == Io::want_write);
  meeting->stream->rest();  // nothing of it is given back
  CHECK(meeting->stream->shutdown() == Io::want_write);
  std::string got;
  for (int i = 0; i < 1000 && SSL_get_shutdown(meeting->client.get()) == 0; ++i) {
    got += meeting->client_reads();
    if (meeting->stream->shutdown() == Io::failed) break;
  }
  CHECK(got == std::string(sent + text.size(), 'x'));
  CHECK(SSL_get_shutdown(meeting->client.get()) == SSL_RECEIVED_SHUTDOWN);
}

TEST_CASE("gathered records that leave with what a read had to say are not said twice", "[tls]") {
  Server server({Spec{}});
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  CAPTURE(version);
  const auto meeting = shaken(server, {.version = version});
  const std::string text(60'000, 'x');
  std::size_t sent = 0;
  IoResult last{.io = Io::done};
  for (; last.io == Io::done; sent += last.n) last = meeting->stream->write(span_of(text));
  REQUIRE(last.io == Io::want_write);
  if (version == TLS1_2_VERSION) REQUIRE(SSL_renegotiate(meeting->client.get()) == 1);  // the answer is a warning
  else REQUIRE(SSL_key_update(meeting->client.get(), SSL_KEY_UPDATE_REQUESTED) == 1);
  std::string got;
  for (std::string part; !(part = meeting->client_reads()).empty();) got += part;
  if (version == TLS1_3_VERSION) REQUIRE(SSL_write(meeting->client.get(), "y", 1) == 1);
  Io heard = Io::done;
  CHECK(read_all(*meeting->stream, heard) == (version == TLS1_3_VERSION ? "y" : ""));
  CHECK(heard == Io::want_read);
  last = meeting->stream->write(span_of(text));
  CHECK(last.io == Io::done);
  CHECK(last.n == text.size());
  for (std::string part; !(part = meeting->client_reads()).empty();) got += part;
  CHECK(got.size() == sent + text.size());
}

TEST_CASE("what is read in large pieces is what was sent", "[tls]") {
  Server server({Spec{}});
  const auto meeting = shaken(server);
  std::string sent(500'000, '\0'), got;
  for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 7 >> 4);
  const auto piece = GENERATE(1, 1'000, 16'384, 70'000);
  for (std::size_t at = 0; got.size() < sent.size();) {
    const std::uint64_t due = at > 100'000 && at < 300'000 ? sent.size() : 0;
    if (at > 300'000) meeting->stream->rest();
    for (int i = 0; i < 20 && at < sent.size(); ++i) {
      const int n = SSL_write(meeting->client.get(), &sent[at], static_cast<int>(std::min<std::size_t>(sent.size() - at, 9'000)));
      if (n <= 0) break;
      at += static_cast<std::size_t>(n);
    }
    ERR_clear_error();
    std::string room(static_cast<std::size_t>(piece), '\0');
    for (;;) {
      const IoResult r = meeting->stream->read(std::as_writable_bytes(std::span(room)), due);
      if (r.io != Io::done) break;
      got.append(room, 0, r.n);
    }
  }
  CHECK(got == sent);
}

TEST_CASE("what waits inside is told", "[tls]") {
  Server server({Spec{}});
  const auto meeting = shaken(server);
  CHECK_FALSE(meeting->stream->pending());
  const std::string text(10'000, 'x');
  SSL_write(meeting->client.get(), text.data(), 10'000);
  std::byte one[1];
  CHECK(meeting->stream->read(one).n == 1);
  CHECK(meeting->stream->pending());
  Io last = Io::done;
  CHECK(read_all(*meeting->stream, last).size() == 9'999);
  CHECK_FALSE(meeting->stream->pending());
}

TEST_CASE("a stream is moved with its connection", "[tls]") {
  Server server({Spec{}});
  const auto one = shaken(server);
  const auto two = shaken(server);
  *one->stream = std::move(*two->stream);
  CHECK(one->stream->write(span_of("moved")).io == Io::done);
  CHECK(two->client_reads() == "moved");
  CHECK(one->client_reads().empty());
}

TEST_CASE("the warm-up passes for each kind of key, and leaves nobody to sign", "[tls]") {
  Server server({{.key = "P-256"}, {.key = "2048", .names = "DNS:*.other.test"}});
  auto client = ClientContext::make(server.provider, bytes_of(authority_pem()));
  REQUIRE(client);
  const auto warm = warm_up(*server.context, *client);
  if (!warm) FAIL(warm.error().what);
  CHECK(server.signer.kinds.empty());
  CHECK(shaken(server)->stream->failure() == "signer");
  server.context->connect(&server.signer, &server.sessions);
  CHECK(shaken(server)->good());
  CHECK(shaken(server, {.version = TLS1_2_VERSION, .sni = "a.other.test"})->good());
}
