#!/usr/bin/env bash
# check.sh [unit] [audit] [fuzz] [system] [PATTERN]: runs the tests (all four kinds when
# none is named; with PATTERN only system tests whose name matches it), prints one line
# for each, and in the end `N passed, N failed` and how many were skipped.  Exits 1 when
# one failed.  Programs must have been built (`make check` sees to it).
set -u
cd "$(dirname "$0")/.."

kinds= pattern=.
for word in "$@"; do
  case $word in
    unit | audit | fuzz | system) kinds="$kinds $word" ;;
    *) pattern=$word ;;
  esac
done
kinds=${kinds:-unit audit fuzz system}

case $kinds in
  *system*)
    if [ "$(id -u)" != 0 ]; then
      command -v sudo > /dev/null && exec sudo BIG="${BIG:-}" "$0" "$@"
      echo "check: the system tests need root (network namespaces, jails): run as root, or install sudo" >&2
      exit 1
    fi
    ;;
esac

passed=0 failed=0 skipped=0
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
trap 'stop 130' INT
trap 'stop 143' TERM HUP
runner=

# The test that runs gets the time to take its lab away.
stop() {
  trap '' INT TERM HUP
  [ -z "$runner" ] || { kill -TERM "$runner" && wait "$runner"; } 2>/dev/null
  exit "$1"
}

seconds_since() {
  awk -v from="$1" -v to="$(date +%s.%N)" 'BEGIN { printf "%.1f", to - from }'
}

# report STATUS NAME SECONDS: counts and prints; the output is in $out/text.
report() {
  case $1 in
    0)
      passed=$((passed + 1))
      echo "ok    $2 ($3 s)"
      grep '^  ' "$out/text"
      ;;
    77)
      skipped=$((skipped + 1))
      echo "skip  $2: $(sed -n 's/^SKIP: //p' "$out/text" | head -1)"
      ;;
    124 | 137)
      failed=$((failed + 1))
      echo "FAIL  $2: not done after $3 s"
      sed 's/^/      /' "$out/text"
      ;;
    *)
      failed=$((failed + 1))
      echo "FAIL  $2 (exit $1, $3 s)"
      sed 's/^/      /' "$out/text"
      ;;
  esac
}

# One program holds many test cases; the count is of cases.  One that dies in the middle
# has failed, whatever it said before.
run_unit() {
  local program name from line status good bad
  for program in build/test/*; do
    [ -x "$program" ] || continue
    name=unit/${program##*/} from=$(date +%s.%N) status=0
    timeout -k 5 300 "$program" --reporter xml --out "$out/xml" > "$out/text" 2>&1 || status=$?
    line=$(grep '<OverallResultsCases' "$out/xml" 2>/dev/null | tail -n 1)
    good=$(sed -n 's/.*successes="\([0-9]*\)".*/\1/p' <<< "$line")
    bad=$(sed -n 's/.*failures="\([0-9]*\)" .*/\1/p' <<< "$line")
    if [ -n "$good" ] && [ "$bad" = 0 ] && [ $status = 0 ]; then
      passed=$((passed + good))
      echo "ok    $name: $good cases ($(seconds_since "$from") s)"
    else
      [ -n "$bad" ] && [ "$bad" != 0 ] || bad=1
      passed=$((passed + ${good:-0})) failed=$((failed + bad))
      echo "FAIL  $name: $bad cases failed (exit $status)"
      timeout -k 5 300 "$program" 2>&1 | tail -n 60 | sed 's/^/      /'
    fi
    rm -f "$out/xml"
  done
}

run_audits() {
  local audit from status
  for audit in test/audit/*.sh test/audit/*.py; do
    [ -x "$audit" ] || continue
    from=$(date +%s.%N) status=0
    timeout -k 5 120 "$audit" > "$out/text" 2>&1 || status=$?
    report $status "audit/${audit##*/}" "$(seconds_since "$from")"
  done
}

# One fuzzer over its seeds, each once and whole: without -max_len nothing is cut.  It ends
# with 1 where libFuzzer would say 77, which is a skipped test here; and what it says has
# names and lines through addr2line, which comes with g++.
run_seeds() {  # NAME
  local seeds=build/fuzz/seeds/$1
  [ -n "$(ls -A "$seeds" 2>/dev/null)" ] || { echo "no seeds in $seeds"; return 1; }
  ASAN_OPTIONS=external_symbolizer_path=$(command -v addr2line) timeout -k 5 120 \
    "build/fuzz/$1" -runs=0 -timeout=20 -error_exitcode=1 -artifact_prefix="build/fuzz/findings/$1-" "$seeds"
}

# Found by their source, so that one that was not built has failed.
run_fuzzers() {
  local file name from status
  for file in test/fuzz/*_fuzz.cc; do
    name=$(basename "$file" _fuzz.cc) from=$(date +%s.%N) status=0
    run_seeds "$name" > "$out/text" 2>&1 || status=$?
    report $status "fuzz/$name" "$(seconds_since "$from")"
  done
}

# What a test that was killed could not take away itself.
sweep() {
  (
    . test/system/lab.sh
    trap - EXIT
    lab_sweep "$1"
  )
}

run_system() {
  local script limit from status number=0
  for script in test/system/[0-9][0-9]-*.sh; do
    grep -q -- "$pattern" <<< "$script" || continue
    number=$((number + 1)) from=$(date +%s.%N) status=0
    limit=$(sed -n 's/^# timeout: \([0-9]*\)$/\1/p' "$script")
    LAB_ID=$$-$number timeout -k 10 "${limit:-120}" bash "$script" > "$out/text" 2>&1 &
    runner=$!
    wait $runner || status=$?
    runner=
    sweep "$$-$number"
    report $status "system/$(basename "$script" .sh)" "$(seconds_since "$from")"
  done
}

for kind in $kinds; do
  case $kind in
    unit) run_unit ;;
    audit) run_audits ;;
    fuzz) run_fuzzers ;;
    system) run_system ;;
  esac
done

line="$passed passed, $failed failed"
[ $skipped = 0 ] || line="$line, $skipped skipped"
echo "$line"
[ $failed = 0 ] && [ $((passed + skipped)) -gt 0 ]
