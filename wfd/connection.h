// One client's connection: what relay_state.h says, state by state.  Each state has one
// step function; it goes as far as it can without waiting.  The files: connection.cc
// (states, the client's end), connection_judge.cc (one request head is judged),
// connection_login.cc (the login host), connection_dial.cc (which server, and whether its
// answer will do), connection_identity.cc (what servers are told for certain about the
// user), connection_relay.cc (the way there and back), connection_body.cc (a request's
// body), connection_tunnel.cc (WebSockets), connection_log.cc.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/buffer.h"
#include "common/http_body.h"
#include "common/http_head.h"
#include "common/loop.h"
#include "common/messages.h"
#include "common/settings.h"
#include "wfd/answer.h"
#include "wfd/form.h"
#include "wfd/forward.h"
#include "wfd/frame_meter.h"
#include "wfd/kept_body.h"
#include "wfd/login_host.h"
#include "wfd/open_ground.h"
#include "wfd/pages.h"
#include "wfd/relay_state.h"
#include "wfd/reply.h"
#include "wfd/tls.h"
#include "wfd/upstream.h"
#include "wfd/way_mark.h"
#include "wfd/websocket.h"

namespace postern::wfd {

class Worker;

class Connection {
 public:
  Connection(Worker& worker, TlsStream client, const Ticket& ticket);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Result<void> start();
  const Ticket& ticket() const { return ticket_; }

  // Answers to what was asked by Worker::ask.
  void on_verdict(const Verdict& answer);
  void on_session(const SessionInfo& answer);
  void on_login(const LoginResult& answer);
  void on_assertion(const Assertion& answer);
  void on_key_list(const KeyList& answer);
  void on_verification(const Verification& answer);
  void on_logged_out(const LoggedOut& answer);
  void on_own_sessions(const OwnSessions& answer);
  void on_dialled(const Dialled& answer, UniqueFd socket);
  void on_dial_refused(DialFault fault);
  void on_peer_lost(Role role);
  // A session is over: this connection ends at once when it stands on it.
  void on_ended(std::uint32_t slot, std::uint64_t generation);
  // Sessions began anew, or came back: ends at once when its session is not known there.
  void on_page();
  // Ends what goes on inside when its verdict stands no more.  True: something goes on.
  bool review();
  // No further request is wanted: ends with the one at hand, if there is one.
  void retire();

 private:
  // One request and its answer; made when the first byte of it is here, gone with its line in
  // the log: most connections wait for a request most of the time.
  struct Exchange {
    bool known = false;  // there is something to log
    RequestHead request;            // views into in_, or into `head`
    BodyReader request_body;
    std::string method, target, host;  // copies, for the log and for comparing
    bool on_login_host = false;
    Taste taste = Taste::text;
    std::string languages;          // a person's Accept-Language, for what we say ourselves
    std::string user, sid;          // empty: nobody's
    Doing doing = Doing::background;
    LinkHandle link;                // only its address was wrong, and can be added
    Address refused;                // what such a link would add
    Opening opening;                // on what ground it may go on when it is nobody's
    std::string asking_origin;      // the host of a page whose script may read our answers
    CookieValue cookie;
    bool duplicate_cookie = false;
    unsigned status = 0;
    std::uint64_t in = 0, out = 0;  // body bytes, both as payload
    Mono began{};
    bool head_taken = false;        // the head is gone from in_, for its body comes behind it
    std::unique_ptr<Buffer> head;   // where it is now, and what `request` refers to
    bool answer_begun = false;      // something of an answer went to the client
    bool continued = false;         // 100 was said
    bool body_unwanted = false;     // the answer came instead of a 100
    Timer patience;                 // with a server that says neither
    Timer gathering;                // a part of the body waits for more to go with
    bool gathered = false;          // and has waited long enough
    bool other_tried = false;       // the other port had its turn
    Ports ports = Ports::both;      // which may be dialled
    KeptBody body;                  // what port 80 got of the body
    bool retried = false;
    ClientSide side;
    ClientFraming framing;
    LoginAction action = LoginAction::not_found;
    std::unique_ptr<Secret<max_form_bytes>> form_body;
    std::unique_ptr<LoginForm> form;  // for the login host only
    WayMark mark;
    std::optional<WebSocketOffer> websocket;  // the request is a handshake, and a good one
  };
  // What a tunnel has beside its two streams and in_ (up) and the server's in (down).
  struct Tunnel {
    FrameMeter meter;
    bool up_ended = false;    // the server was told that no more will come
    bool down_ended = false;  // the client was
  };
  using Step = bool (Connection::*)();

  // connection.cc
  void drive();
  void take(Event event);
  void set_deadline();
  Duration time_for(State state) const;
  void look_at(Mono when);
  void on_deadline();
  void on_client(std::uint32_t events);
  void watch_client();
  bool step_nothing();
  bool step_handshake();
  bool step_read_head();
  HeadLimits head_limits() const;
  bool step_read_form();
  bool step_answer();
  bool step_linger();
  void discard_input();
  bool read_client(Buffer& into);
  bool note_client_read(const IoResult& r);
  bool flush_client();
  bool wants_to_read() const;
  void begin_exchange();
  void finish_exchange();
  void log_request();
  void trace(std::string_view side, std::string_view head);
  void log_refusal(unsigned status, std::string_view reason);
  void log_withheld();
  void end(Cause cause);
  void end_session();
  void forget_question();
  std::string id_text() const;

  // connection_judge.cc
  bool judge_head();
  bool refuse_head();
  bool refuse_body();
  bool refuse_websocket();
  bool judge_session();
  void go_on_as(const Verdict& verdict, Event event);
  void go_on_without_session();
  bool ask_verdict();
  void demand_login_page();
  bool gets_our_cookie(std::string_view host) const;
  void refuse_cookie_domain();
  std::size_t language() const;
  Audience audience() const { return {now_->taste, language(), now_->on_login_host}; }
  Reply unauthorized() const;
  void say(Reply reply, Event event);
  void refuse(unsigned status, std::string_view reason, const Detail& detail = {});
  void add_cookie_deletions(Reply& reply);

  // connection_login.cc
  bool serve_login_host();
  bool begin_login(std::string_view query);
  void show_login_form(unsigned status, LoginTrouble trouble);
  void send_on();
  template <class M>
  bool ask_about_cookie();
  void say_logged_out(Event event);
  bool look();
  bool await_form();
  bool take_form();
  bool take_login_form(std::string_view body);
  bool take_end_form(std::string_view body);
  void on_ended_own(const LoggedOut& answer);

  // connection_dial.cc
  bool step_dial();
  bool upstream_is_ready();
  bool step_reach();
  bool judge_answer();
  OriginFacts origin_facts() const;
  bool has_two_ports() const;
  bool ask_other_port(bool keep);
  void use_kept();
  void attempt_failed(Outcome outcome, unsigned status, std::string_view reason, const Detail& detail = {});
  bool upstream_failed(std::string_view reason);
  bool retry();
  void learn(Port port);
  void learn_way();
  void drop_upstream();
  void watch_upstream();
  std::uint32_t upstream_events() const;
  void on_upstream(std::uint32_t events);

  // connection_identity.cc
  bool is_trusted(const Upstream& up) const;
  bool needs_assertion() const;
  bool has_assertion() const;
  bool go_up(Event way);
  bool ask_assertion();
  bool ask_key_list();
  bool ask_verification();

  // connection_relay.cc
  bool step_exchange();
  bool begin_request();
  ForwardPlan forward_plan() const;
  bool move_answer();
  bool move_answer_head();
  bool move_answer_body();
  bool read_upstream();
  bool answer_goes_straight() const;
  bool has_answer_room() const;
  bool write_upstream();
  bool deliver();
  bool pass_interim();
  bool answer_complete();
  void cut_answer(std::string_view reason);
  void touch_session(Doing doing);
  AnswerPlan answer_plan() const;

  // connection_body.cc
  bool take_head();
  void begin_body();
  bool move_request_body();
  bool read_request_body();
  bool request_goes_straight() const;
  bool has_body_room() const;
  bool gathers_body();
  bool wants_body() const;
  bool is_client_due() const;
  bool body_was_sent() const;
  bool wants_continue() const;
  bool awaits_continue() const;
  void say_continue();
  void on_silence();
  const HostPolicy& policy() const;

  // connection_tunnel.cc
  bool begin_tunnel();
  bool step_tunnel();
  bool move_up();
  bool move_down();
  static Io pour(Buffer& from, Stream& to, std::uint64_t& count, bool& moved);
  Duration tunnel_time() const;
  void watch_tunnel_client();
  std::uint32_t tunnel_server_events() const;
  void rest_tunnel();

  // What sessions vouched for, and for which requests it is good.
  struct Voucher {
    std::string host, sid;
    Secret<1536> token;
    Mono until{};
  };

  static const Step steps[];

  Worker& worker_;
  Ticket ticket_;
  Stream client_;
  Watcher client_watcher_;
  Timer deadline_;
  Mono deadline_at_{}, timer_at_{};  // of this state; when deadline_ will look, which may be earlier
  Mono life_ends_{};
  State state_ = State::handshake;
  Cause cause_ = Cause::served;
  Buffer in_, out_;
  std::string own_;             // an answer of ours, and how much of it is out
  std::size_t own_sent_ = 0;
  std::unique_ptr<Exchange> now_;  // null while none is under way: in handshake, and between two in read_head
  Verdict verdict_;             // the last one, for the cookie it was given for
  CookieValue verdict_cookie_;
  Mono touched_{};              // when sessions last heard of a request under it,
  std::optional<Mono> used_;    // and of one that is no background
  std::unique_ptr<Upstream> upstream_, kept_;
  std::unique_ptr<Voucher> voucher_;
  std::unique_ptr<Tunnel> tunnel_;
  std::uint32_t asked_ = 0;     // tag of what was asked in this state; 0: nothing
  bool client_wants_write_ = false;
  bool client_dry_ = false;     // all was read that was there; epoll says when there is more
  bool client_eof_ = false;
  bool last_request_ = false;
  bool driving_ = false;
  bool resume_ = false;         // others had their turn: go on
  std::uint64_t requests_ = 0;
  bool end_said_ = false;
  std::size_t lingered_ = 0;
  unsigned doubts_ = 0;         // reviews in a row while sessions was silent
};

}  // namespace postern::wfd
