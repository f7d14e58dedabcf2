#!/usr/bin/env bash
# The licence is there, whole, and README says so.
set -euo pipefail
cd "$(dirname "$0")/../.."
grep -q '^Copyright (c) 20[0-9][0-9] The Postern authors$' LICENSE
grep -q 'Permission to use, copy, modify, and/or distribute this software' LICENSE
grep -q 'WITHOUT LIMITATION\|IN NO EVENT SHALL THE AUTHOR BE LIABLE' LICENSE
grep -q 'LICENSE' README.md || { echo "README.md does not name LICENSE"; exit 1; }
