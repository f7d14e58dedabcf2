// See gate_client.h.  It speaks to a real authd over its real socket; which answers are
// right is for the test that drives it.
#include "gate/gate_client.h"

#include <fcntl.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cstdio>
#include <sstream>

#include "common/net.h"

namespace postern {
namespace {

constexpr std::size_t worker_count = 24;
constexpr unsigned most_asked = 8;  // of one worker; sessions takes no more logins of it
constexpr Duration retry_period = milliseconds(5);

std::string to_hex(std::span<const std::byte> bytes) {
  std::string text;
  char two[3];
  for (const std::byte b : bytes) {
    std::snprintf(two, sizeof two, "%02x", std::to_integer<unsigned>(b));
    text += two;
  }
  return text;
}

bool from_hex(std::string_view hex, CookieValue& cookie) {
  const auto room = cookie.fill(hex.size() / 2);
  for (std::size_t i = 0; i < room.size(); ++i)
    room[i] = static_cast<std::byte>(std::stoul(std::string(hex.substr(2 * i, 2)), nullptr, 16));
  return room.size() == CookieValue::capacity;
}

}  // namespace

Result<void> GateClient::start() {
  const auto room = key_.fill(TicketKey::capacity);
  std::ranges::fill(room, std::byte{7});  // this gate has no secrets
  retry();
  return {};
}

bool GateClient::hello(Role as, Channel& to) {
  auto connection = connect_path(path_);
  if (!connection) return false;
  to = Channel(std::move(*connection), Role::master, Role::sessions);
  GateHello message;
  message.as = as;
  (void)message.ticket_key.assign(key_.bytes());  // of the same size
  if (to.send(message) != Told::sent) return false;
  if (as == Role::porter) {
    UniqueFd same = UniqueFd::adopt(::fcntl(to.fd(), F_DUPFD_CLOEXEC, 0));
    to = Channel(std::move(same), as, Role::sessions);
  }
  return true;
}

bool GateClient::enroll(Worker& worker) {
  auto ends = make_channel();
  if (!ends) return false;
  worker.number = ++last_worker_;
  const int lent[] = {ends->second.get()};
  if (porter_.send(Enroll{worker.number}, lent) != Told::sent) return false;
  worker.channel = Channel(std::move(ends->first), Role::worker, Role::sessions);
  return worker.watcher
      .start(loop_, worker.channel.fd(), EPOLLIN, [this, &worker](std::uint32_t) { hear(worker); })
      .has_value();
}

bool GateClient::connect() {
  if (!hello(Role::master, master_) || !hello(Role::porter, porter_)) return false;
  while (workers_.size() < worker_count) workers_.push_back(std::make_unique<Worker>());
  return std::ranges::all_of(workers_, [this](const auto& worker) { return enroll(*worker); });
}

void GateClient::retry() {
  if (connect()) return send_waiting();
  lose();
}

// Nobody will answer what was asked.
void GateClient::lose() {
  for (const auto& worker : workers_) {
    worker->watcher.stop();
    worker->channel.close();
    worker->asked = 0;
  }
  master_.close();
  porter_.close();
  for (const auto& [tag, question] : asked_) std::printf("%s lost 0\n", question.tag.c_str());
  asked_.clear();
  retry_.set(loop_, loop_.now() + retry_period, [this] { retry(); });
}

void GateClient::take(const std::string& line) {
  std::istringstream in(line);
  Words words;
  for (std::string word; in >> word;) words.push_back(word);
  words.resize(std::max<std::size_t>(words.size(), 6));
  waiting_.push_back({words[1], words, {}});
  if (!retry_.active()) send_waiting();
}

void GateClient::send_waiting() {
  for (const auto& worker : workers_) {
    while (worker->channel && worker->asked < most_asked && !waiting_.empty()) {
      Question question = std::move(waiting_.front());
      waiting_.pop_front();
      question.asked = read_mono();
      const std::uint32_t tag = ++last_tag_;
      const bool sent = send(*worker, tag, question.words);
      asked_[tag] = std::move(question);
      ++worker->asked;
      if (!sent) return lose();
    }
  }
}

Ticket GateClient::ticket_for(const Worker& worker, const std::string& source) const {
  Ticket ticket;
  ticket.connection = last_tag_;
  ticket.worker = worker.number;
  ticket.client = {Address::parse(source).value_or(Address()), 40000};
  ticket.destination = {Address::parse("10.1.0.10").value_or(Address()), 443};
  seal_ticket(ticket, key_);
  return ticket;
}

bool GateClient::send(Worker& worker, std::uint32_t tag, const Words& words) {
  const Ticket ticket = ticket_for(worker, words[2]);
  if (words[0] == "judge" || words[0] == "use") {
    Judge judge;
    judge.tag = tag;
    judge.ticket = ticket;
    return from_hex(words[3], judge.cookie) && worker.channel.send(judge) == Told::sent;
  }
  Login login;
  login.tag = tag;
  login.ticket = ticket;
  login.user = Text<64>(words[3]);
  return login.pin.assign(words[4]) && login.passcode.assign(words[5]) &&
         worker.channel.send(login) == Told::sent;
}

void GateClient::hear(Worker& worker) {
  static constexpr Handler<GateClient, Worker> table[] = {
      on<&GateClient::page>(), on<&GateClient::login_result>(), on<&GateClient::verdict>(),
      on<&GateClient::ended>()};
  Packet packet;
  const Heard heard = worker.channel.receive(packet);
  if (heard == Heard::nothing) return;
  if (heard != Heard::packet || !dispatch(table, *this, worker, packet)) return lose();
  send_waiting();
}

bool GateClient::page(Worker&, Page&, Packet&) { return true; }

bool GateClient::login_result(Worker& worker, LoginResult& message, Packet&) {
  answer(worker, message.tag, message.granted ? "granted" : "refused", to_hex(message.cookie.bytes()));
  return true;
}

bool GateClient::verdict(Worker& worker, Verdict& message, Packet&) {
  const auto question = asked_.find(message.tag);
  if (question != asked_.end() && question->second.words[0] == "use" && message.standing == Standing::good) {
    const Touch touch{ticket_for(worker, question->second.words[2]), message.slot, message.generation};
    if (worker.channel.send(touch) != Told::sent) return false;
  }
  answer(worker, message.tag, message.standing == Standing::good ? "good" : "no");
  return true;
}

bool GateClient::ended(Worker& worker, Ended& message, Packet&) {
  return worker.channel.send(EndedSeen{message.slot, message.generation}) == Told::sent;
}

void GateClient::answer(Worker& worker, std::uint32_t tag, std::string_view word,
                        std::string_view cookie) {
  const auto place = asked_.find(tag);
  if (place == asked_.end()) return;
  const long long us = (read_mono() - place->second.asked).us;
  std::printf("%s %.*s %lld %.*s\n", place->second.tag.c_str(), static_cast<int>(word.size()),
              word.data(), us, static_cast<int>(cookie.size()), cookie.data());
  asked_.erase(place);
  --worker.asked;
}

}  // namespace postern
