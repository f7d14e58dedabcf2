#!/usr/bin/env bash
# No program of ours can start a thread: none of them asks a library for it.
set -euo pipefail
cd "$(dirname "$0")/../.."
status=0 count=0
for program in build/bin/*; do
  [ -f "$program" ] || continue
  count=$((count + 1))
  if nm -D --undefined-only "$program" | grep -E ' (pthread_create|thrd_create|clone3?|_ZNSt6thread)'; then
    echo "$program asks for threads"
    status=1
  fi
done
[ $count -ge 4 ] || { echo "only $count programs in build/bin (make first)"; exit 1; }
exit $status
