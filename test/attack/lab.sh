# Beside test/system/lab.sh: a lab whose wfd has hostile workers (hostile_worker.cc).
# Source it after lab_up.

[ -x "$ROOT/build/test-tools/hostile-wfd" ] || make -s -C "$ROOT" test-tools > "$LAB/run/make.err" 2>&1 ||
  fail "make test-tools: $(cat "$LAB/run/make.err")"

# The other programs are the real ones.
hostile_bin() {
  mkdir "$LAB/bin"
  ln -s "$BIN"/{redird,authd,authctl} "$LAB/bin"
  ln -s "$ROOT/build/test-tools/hostile-wfd" "$LAB/bin/wfd"
  BIN=$LAB/bin
}

# attack ARGUMENTS...: a Python program on standard input, with thief.py and wire.py.
attack() {
  PYTHONPATH=$LIB:$ROOT/test/attack python_in_client "$@"
}
hostile_bin
