#!/usr/bin/env python3
"""The commands of authctl, with their operands and options, are the same in the program
and in man/authctl.8, and what the shells complete is just that.  Run from the top of the
source tree, with a program that is as new as its table of commands."""
import os
import re
import subprocess
import sys

PROGRAM, TABLE = "build/bin/authctl", "authd/authctl_options.cc"
SCRIPT = "etc/completion/authctl.bash"
problems = []


def run(*words):
    return subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout


def of_program():
    """{"user add NAME": {"--totp", ...}} from --help."""
    commands = {}
    for line in run(PROGRAM, "--help").splitlines()[1:]:
        words, *options = line.strip().split(" [")
        commands[words] = {option.split()[0].rstrip("]") for option in options}
    return commands


def words_of(line):
    """The words of a macro line of mdoc, as they are shown."""
    shown = []
    words = line.split()
    kind = ""
    for word in words:
        if word in ("Ic", "Ar", "Fl", "Cm", "Op", "Pq", "No", "Li"):
            kind = word
        elif kind == "Fl":
            shown.append("-" + word)
        elif kind == "Ar":
            shown.append(word.upper())
        elif kind == "Ic":
            shown.append(word)
    return shown


def of_manual():
    """The same from the list of commands, up to the first other section."""
    text = open("man/authctl.8", encoding="ascii").read()
    text = text.split("The commands are:")[1].split(".Sh ")[0]
    commands = {}
    for item in re.findall(r"^\.It (Xo\n(?:\..*\n)+?\.Xc|Ic .*)$", text, re.M):
        lines = [line.removeprefix(".") for line in item.removeprefix("Xo\n").split("\n") if line != ".Xc"]
        words = [word for line in lines if not line.startswith("Op ") for word in words_of(line)]
        options = {word for line in lines if line.startswith("Op ")
                   for word in words_of(line) if word.startswith("--")}
        commands[" ".join(words)] = options
    return commands


def completed(*words):
    """What bash makes of these words, the last of them begun."""
    script = f'. {SCRIPT}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _authctl "$1"; printf "%s\\n" "${{COMPREPLY[@]}}"'
    return set(run("bash", "-c", script, "bash", PROGRAM, *words).split())


def check_completion(commands):
    groups = {words.split()[0] for words in commands}
    if completed("") != groups:
        problems.append(f"completion of nothing: {sorted(completed(''))}, not {sorted(groups)}")
    for words, options in commands.items():
        group, *rest = words.split()
        command = [group] if not rest or rest[0].isupper() or rest[0].startswith("-") else [group, rest[0]]
        if len(command) == 2 and rest[0] not in completed(group, rest[0][:2]):
            problems.append(f"completion of {group} {rest[0][:2]} has not {rest[0]}")
        given = completed(*command, "--")
        if not options <= given:
            problems.append(f"completion of {' '.join(command)} has not {sorted(options - given)}")


if not os.path.exists(PROGRAM) or os.path.getmtime(PROGRAM) < os.path.getmtime(TABLE):
    print(f"SKIP: {PROGRAM} is not built, or older than {TABLE}")
    sys.exit(77)
known, told = of_program(), of_manual()
if len(known) < 10:
    problems.append(f"{PROGRAM} --help is not read as it should be")
for words in sorted(known.keys() | told.keys()):
    if words not in known or words not in told:
        problems.append(f"{words}: only in {'the manual' if words in told else 'the program'}")
    elif known[words] != told[words]:
        problems.append(f"{words}: the manual has {sorted(told[words])}, the program {sorted(known[words])}")
check_completion(known)
print("\n".join(problems) if problems else "verbs_documented: program, manual and completion agree")
sys.exit(1 if problems else 0)
