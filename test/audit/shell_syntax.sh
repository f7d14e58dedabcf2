#!/usr/bin/env bash
# Every script of ours can at least be parsed, is executable when it has a #! line, and
# every Python file compiles.
set -euo pipefail
cd "$(dirname "$0")/../.."
status=0
complain() {
  echo "$*"
  status=1
}
while IFS= read -r script; do
  bash -n "$script" || complain "$script: does not parse"
  ! head -c 2 "$script" | grep -q '#!' || [ -x "$script" ] || complain "$script: not executable"
done < <(find test .ci -name '*.sh' -o -path '.ci/run')
while IFS= read -r program; do
  python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$program" ||
    complain "$program: does not parse"
done < <(find test -name '*.py')
exit $status
