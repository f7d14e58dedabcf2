// A worker in the hands of an attacker who has found a way to run code in it: it has
// everything that a worker has (channels, tickets, the connection) and keeps no rule.
//
// A connection that begins with the letter `!` talks to the attacker, one command a
// line, one line of answer each; any other connection is served by the real worker of
// the same process, so that the gate can be tried as usual beside it.
#pragma once

#include "common/nursery.h"
#include "wfd/shop.h"

namespace postern::wfd {

// The whole life of the process, in place of run_worker().
int hostile_worker(Shop& shop, WorkerSeat& seat);

}  // namespace postern::wfd
