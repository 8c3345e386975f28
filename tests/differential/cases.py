"""Writes random cron() expressions and moments: `minute hour … year<TAB>minutes since the epoch`, one a line."""

import random
import sys

MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
DAYS = "SUN MON TUE WED THU FRI SAT".split()


def number(rng, low, high, names):
    value = rng.randint(low, high)
    return rng.choice([names[value - 1], names[value - 1].lower()]) if names and rng.random() < 0.3 else str(value)


def item(rng, low, high, names=None):
    def one():
        return number(rng, low, high, names)

    step = rng.randint(1, max(1, (high - low) // 2))
    kind = rng.random()
    if kind < 0.45:
        return one()
    if kind < 0.65:
        return f"{one()}-{one()}"
    if kind < 0.8:
        return f"{one()}/{step}"
    if kind < 0.9:
        return f"*/{step}"
    return f"{one()}-{one()}/{step}"


def field(rng, low, high, names=None):
    if rng.random() < 0.35:
        return "*"
    if rng.random() < 0.6:
        return item(rng, low, high, names)
    return ",".join(item(rng, low, high, names) for _ in range(rng.randint(2, 3)))


def day_of_month(rng):
    kind = rng.random()
    if kind < 0.55:
        return field(rng, 1, 31)
    if kind < 0.65:
        return "L"
    if kind < 0.72:
        return "LW"
    if kind < 0.95:
        return f"{rng.randint(1, 31)}W"
    return rng.choice([f"{rng.randint(1, 31)}W,L", f"{rng.randint(1, 31)},LW", f"{rng.randint(1, 27)}-28,L"])


def day_of_week(rng):
    kind = rng.random()
    if kind < 0.5:
        return field(rng, 1, 7, DAYS)
    if kind < 0.7:
        return number(rng, 1, 7, DAYS).upper() + "L"
    if kind < 0.95:
        return f"{number(rng, 1, 7, DAYS)}#{rng.randint(1, 5)}"
    return rng.choice(["L", f"{rng.randint(1, 7)},{rng.randint(1, 7)}L"])


def year(rng):
    kind = rng.random()
    if kind < 0.7:
        return "*"
    first, last = sorted((rng.randint(1970, 2199), rng.randint(1970, 2199)))
    return rng.choice([str(first), f"{first}-{last}", f"{first},{last}", f"{first}/{rng.randint(1, 40)}"])


def expression(rng):
    if rng.random() < 0.5:
        days = day_of_month(rng), "?"
    else:
        days = "?", day_of_week(rng)
    return " ".join(
        [field(rng, 0, 59), field(rng, 0, 23), days[0], field(rng, 1, 12, MONTHS), days[1], year(rng)]
    )


def main():
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(seed)
    # From the day after the epoch to 2198: what comes before and after the years of cron() is tested elsewhere.
    for _ in range(count):
        print(expression(rng), rng.randrange(1440, 120_000_000), sep="\t")


main()
