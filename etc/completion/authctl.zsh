#compdef authctl
# Completion of authctl for zsh.  What may follow is known by authctl itself, which has
# the names of users and sessions from authd when it may ask (as root).
local -a found
if found=(${(f)"$("${words[1]}" complete "${(@)words[2,CURRENT]}" 2> /dev/null)"}); then
  compadd -a found
else
  _files
fi
