#!/usr/bin/env bash
# Every program is position-independent, its relocations are read-only before main(),
# its stack is guarded and not executable, its C library calls are fortified, and (where
# the processor has it) our objects are built with control-flow protection.
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

# The linker keeps the mark of control-flow protection only when the platform's own start
# files have it too, so we look at what is ours: the objects.
judge_objects() {
  local mark object
  case $(uname -m) in
    x86_64) mark='IBT, SHSTK' ;;
    aarch64) mark='BTI, PAC' ;;
    *) return ;;
  esac
  for object in build/obj/{common,redird,wfd,authd}/*.o; do
    [ -f "$object" ] || continue
    program=$object
    has "$(readelf -nW "$object")" "$mark" || complain "control flow is not protected"
  done
}

for program in build/bin/*; do
  [ -f "$program" ] || continue
  count=$((count + 1))
  judge
done
judge_objects
[ $count -ge 4 ] || { echo "only $count programs in build/bin (make first)"; exit 1; }
exit $status
