#!/usr/bin/env bash
# Every program is position-independent, its relocations are read-only before main(),
# its stack is guarded and not executable, its C library calls are fortified, and (where
# the processor and the start files have it) its control flow is protected.
set -euo pipefail
cd "$(dirname "$0")/../.."
status=0 count=0

complain() {
  echo "$program: $*"
  status=1
}

# has TEXT PATTERN / has_not TEXT PATTERN
has() { grep -qE -- "$2" <<< "$1"; }

judge() {
  local head dynamic segments symbols
  head=$(readelf -hW "$program")
  dynamic=$(readelf -dW "$program")
  segments=$(readelf -lW "$program")
  symbols=$(nm -D --undefined-only "$program")
  has "$head" 'Type: +DYN' || complain "not position-independent"
  has "$dynamic" 'FLAGS_1.*PIE' || complain "no PIE flag"
  has "$dynamic" 'FLAGS_1.*NOW' || complain "relocations are not bound at the start"
  has "$segments" 'GNU_RELRO' || complain "no read-only relocations"
  has "$segments" 'GNU_STACK.* RW +0x' || complain "the stack is executable, or nobody says so"
  ! has "$segments" 'LOAD.* (RWE|WE) ' || complain "a segment is writable and executable"
  ! has "$dynamic" 'TEXTREL|RPATH|RUNPATH' || complain "text relocations or a library path of its own"
  has "$symbols" '__stack_chk_fail' || complain "no stack protector"
  has "$symbols" '_chk(@|$)' || complain "no fortified call"
}

# The linker keeps the mark only when every start file has it too, so the platform is
# asked first, with an empty program.
platform_marks() {
  local probe
  probe=$(mktemp -d)
  echo 'int main() { return 0; }' > "$probe/a.cc"
  g++ -fcf-protection=full -o "$probe/a" "$probe/a.cc"
  readelf -nW "$probe/a" | grep -c 'IBT, SHSTK' || :
  rm -r "$probe"
}

marks=0
[ "$(uname -m)" != x86_64 ] || marks=$(platform_marks)
for program in build/bin/*; do
  [ -f "$program" ] || continue
  count=$((count + 1))
  judge
  [ "$marks" = 0 ] || has "$(readelf -nW "$program")" 'IBT, SHSTK' || complain "control flow is not protected"
done
[ $count -ge 4 ] || { echo "only $count programs in build/bin (make first)"; exit 1; }
exit $status
