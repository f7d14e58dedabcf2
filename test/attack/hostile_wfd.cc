// The real wfd, main() and all: master, logger, porter, nursery, signer, broker, their
// jails and filters.  Only the life of a worker is exchanged for an attacker's.  Built
// by `make test-tools`, never installed.

#include "attack/hostile_worker.h"
#include "wfd/worker.h"

#define run_worker hostile_worker  // the one name by which main.cc calls a worker
#include "wfd/main.cc"
