# Completion of authctl for bash.  What may follow is known by authctl itself, which has
# the names of users and sessions from authd when it may ask (as root).
_authctl() {
  local words
  if words=$("$1" complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2> /dev/null); then
    COMPREPLY=()
    [ -z "$words" ] || mapfile -t COMPREPLY <<< "$words"
  else
    compopt -o default 2> /dev/null  # the name of a file
    COMPREPLY=()
  fi
}
complete -F _authctl authctl
