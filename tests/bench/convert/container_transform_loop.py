"""container-transform in a loop: `usable FILE...` names the files that it converts, `loop KIND SECONDS FILE...` converts them
over and over and prints how many a second, `once KIND FILE` prints what one becomes.

The package was last released in 2017: what Python has removed since is put back first.
"""

import collections
import collections.abc
import json
import sys
import time

collections.Mapping = collections.abc.Mapping

from container_transform.converter import Converter  # noqa: E402


def convert(kind, file):
    return Converter(file, "ecs", kind).convert()


def once(kind, file):
    converter = Converter(file, "ecs", kind)
    print(converter.convert())
    print("\n".join(sorted(converter.messages)), file=sys.stderr)


def usable(files):
    for file in files:
        try:
            convert("kubernetes", file)
            convert("compose", file)
        except Exception:  # a converter may fail in any way
            continue
        print(file)


def loop(kind, seconds, files):
    for file in files:
        convert(kind, file)
    done, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        for file in files:
            convert(kind, file)
        done += len(files)
    print(json.dumps({"documents": done, "seconds": time.perf_counter() - started}))


match sys.argv[1:]:
    case ["usable", *files]:
        usable(files)
    case ["loop", kind, seconds, *files]:
        loop(kind, float(seconds), files)
    case ["once", kind, file]:
        once(kind, file)
    case _:
        sys.exit("usage: usable FILE... | loop KIND SECONDS FILE... | once KIND FILE")
