# Packages of npm that only tests need.  Sourced by the tests that do.

# npm_package NAME VERSION: it is in build/npm/node_modules afterwards; fails when there
# is no Node here, or when the registry cannot be reached.
npm_package() {
  local dir=$ROOT/build/npm
  command -v node > /dev/null && command -v npm > /dev/null || return 1
  mkdir -p "$dir"
  (
    flock 9
    [ "$(npm_version "$1")" = "$2" ] ||
      npm install --prefix "$dir" --ignore-scripts --no-audit --no-fund --loglevel=error "$1@$2"
  ) 9> "$dir/lock" > "$dir/install.out" 2>&1
}

npm_version() {
  sed -n 's/^  "version": "\(.*\)",\{0,1\}$/\1/p' "$ROOT/build/npm/node_modules/$1/package.json" 2> /dev/null
}
