#!/usr/bin/env python3
"""Each word with which a message is refused (the table in common/http_grammar.cc) is
explained in man/postern.7, and nothing else is explained there."""
import re

from lib import source

TABLE = re.findall(r'\{HttpFault::\w+, "([a-z-]+)", \d+\}', source.read("common/http_grammar.cc"))
MANUAL = source.read("man/postern.7").partition(".Bl -tag -width length-and-coding")[2].partition(".El")[0]
EXPLAINED = [word for line in re.findall(r"^\.It Li (.*)$", MANUAL, re.M) for word in line.split(" , ")]

words = set(TABLE) - {"-"}
complaints = [f"man/postern.7: {word}: not explained" for word in sorted(words - set(EXPLAINED))]
complaints += [f"man/postern.7: {word}: no such reason" for word in sorted(set(EXPLAINED) - words)]
source.finish(complaints, TABLE)
