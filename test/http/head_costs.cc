// head_costs relay|login COUNT: does COUNT times what a kept-alive request asks of our HTTP,
// without a socket.  relay: its head is parsed, its cookie found, the head for the server
// made, the server's answer parsed and made anew.  login: its head is parsed, and it is sent
// to the login.  What one time costs in instructions is counted from outside.
#include <charconv>
#include <cstdio>
#include <string_view>

#include "wfd/answer.h"
#include "wfd/cookie.h"
#include "wfd/forward.h"
#include "wfd/navigation.h"
#include "wfd/reply.h"

namespace {

using namespace postern;

constexpr std::string_view request =
    "GET /page?n=1 HTTP/1.1\r\nHost: www.corp.example\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: en-GB,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n"
    "Referer: https://www.corp.example/\r\nConnection: keep-alive\r\n"
    "Cookie: theme=dark; SessionID=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\r\n"
    "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Site: same-origin\r\n\r\n";
constexpr std::string_view answer_text =
    "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Thu, 26 Nov 2026 09:00:00 GMT\r\n"
    "Content-Type: text/html\r\nContent-Length: 1024\r\nLast-Modified: Thu, 26 Nov 2026 08:00:00 GMT\r\n"
    "Connection: keep-alive\r\nETag: \"6745-400\"\r\nAccept-Ranges: bytes\r\n\r\n";

bool relay(RequestHead& head, ResponseHead& answer) {
  if (parse_request(request, HeadLimits(), head).state != Parse::done) return false;
  const wfd::OurCookie cookie = wfd::find_cookie(head.fields, "SessionID");
  if (cookie.value.empty() || wfd::taste_of(head.fields) != wfd::Taste::html) return false;
  wfd::ForwardPlan up;
  up.cookie_name = "SessionID";
  up.plain = up.identity = true;
  up.user = "alice";
  up.sid = "abcdefghijkl";
  up.client = *Address::parse("198.51.100.2");
  if (!wfd::forward_head(head, up)) return false;
  if (parse_response(answer_text, HeadLimits(), false, answer).state != Parse::done) return false;
  wfd::AnswerPlan down;
  down.cookie_name = "SessionID";
  const wfd::ClientSide client{head.version, false, false};
  return wfd::withheld_fields(answer, down).empty() &&
         wfd::answer_head(answer, down, client, wfd::frame_for(answer, client)).has_value();
}

bool send_to_login(RequestHead& head, ResponseHead&) {
  if (parse_request(request, HeadLimits(), head).state != Parse::done || !wfd::is_navigation(head, wfd::taste_of(head.fields))) return false;
  const wfd::Reply reply = wfd::redirect_reply(302, wfd::login_location("login.corp.example", head.host, head.target, ""));
  return wfd::write_reply(reply, {head.version, false, false}, Wall{1795737459}).has_value();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc == 3 ? argv[1] : "", word = argc == 3 ? argv[2] : "";
  const auto do_once = what == "relay" ? relay : what == "login" ? send_to_login : nullptr;
  if (do_once == nullptr) return 100;
  unsigned count = 0;
  if (std::from_chars(word.data(), word.data() + word.size(), count).ec != std::errc{}) return 100;
  RequestHead head;
  ResponseHead answer;
  while (count-- > 0)
    if (!do_once(head, answer)) return std::puts("head_costs: its own text is refused"), 1;
  return 0;
}
