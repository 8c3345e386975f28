"""Answers cases with a Python oracle: the next minutes since the epoch, then `end` or `error` where it stops early."""

import datetime
import sys

COUNT = 5
UTC = datetime.timezone.utc


def times(oracle, cron, moment):
    if oracle == "pyawscron":
        from pyawscron import AWSCron as Cron
    else:
        from aws_croniter import AwsCroniter as Cron
    parsed = Cron(cron)
    for _ in range(COUNT):
        moment = parsed.occurrence(moment).next()
        if moment is None:
            yield "end"
            return
        yield str(int(moment.timestamp()) // 60)


def main():
    for line in sys.stdin:
        cron, minute = line.rstrip("\n").split("\t")
        answer = []
        try:
            for time in times(sys.argv[1], cron, datetime.datetime.fromtimestamp(int(minute) * 60, UTC)):
                answer.append(time)
        except Exception:  # whatever an oracle throws is its answer
            answer.append("error")
        print(" ".join(answer))


main()
