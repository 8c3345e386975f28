"""Takes every n-th case that cronplan, cronosjs and one of the family of aws-cron-parser answer alike: the committed vectors."""

import pathlib
import sys

place, every = pathlib.Path(sys.argv[1]), int(sys.argv[2])
FAMILY = ["aws-croniter", "pyawscron", "aws-cron-parser"]


def lines(name):
    return (place / name).read_text().splitlines()


cases = lines("cases.tsv")
family = [lines(f"{oracle}.txt") for oracle in FAMILY]
answers = zip(cases, lines("cronplan.txt"), lines("cronosjs.txt"), zip(*family))
agreed = [
    f"{case}\t{cronplan}"
    for case, cronplan, cronosjs, others in answers
    if cronplan == cronosjs and cronplan in others and "error" not in cronplan
]
# What is rare is what is interesting: special days and years first, then the rest, evenly.
rare = [line for line in agreed if any(mark in line.split("\t")[0] for mark in "L#W")]
plain = [line for line in agreed if line not in set(rare)]
print("# Answers on which cronplan, cronosjs and aws-croniter or a relative agree (tests/differential/README.md):")
print("# expression, minutes since the epoch, the next five minutes")
print("\n".join(rare[::every] + plain[::every]))
