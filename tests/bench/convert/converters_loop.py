"""Other converters in a loop: `usable FILE...` names the files that all of them convert, `loop CONVERTER SECONDS FILE...`
converts them over and over and prints how many a second, `once CONVERTER FILE` prints what one becomes.

container-transform was last released in 2017: what Python has removed since is put back first. specctl asks AWS for services,
task definitions and secrets; here its parser, which does the converting, is given them.
"""

import collections
import collections.abc
import json
import logging
import sys
import time

collections.Mapping = collections.abc.Mapping

import yaml  # noqa: E402
from container_transform.converter import Converter  # noqa: E402
from specctl.ecs2k8s.ecs_parser import ecs_parser, ssm_secret_parser  # noqa: E402


# As specctl has it where it writes files
yaml.Dumper.ignore_aliases = lambda self, data: True


def container_transform(kind):
    def convert(file):
        converter = Converter(file, "ecs", kind)
        return converter.convert(), converter.messages

    return convert


def specctl(file):
    with open(file) as document:
        task = json.load(document)
    family = task.get("family") or "task"
    service = {
        "serviceName": family,
        "desiredCount": 1,
        "taskDefinition": f"arn:aws:ecs:us-east-1:111122223333:task-definition/{family}:1",
        "clusterArn": "arn:aws:ecs:us-east-1:111122223333:cluster/default",
    }
    # What AWS would answer; the tool itself writes the values of secrets into Secrets
    names = [secret["valueFrom"] for container in task["containerDefinitions"] for secret in container.get("secrets") or []]
    secrets = {name: {"name": name, "value": "c2VjcmV0", "type": "SecureString"} for name in names}
    made = [spec for kind, spec in ecs_parser(service, task, secrets).items() if kind != "security_group_policy"]
    made += ssm_secret_parser(secrets)["secrets"]
    return "---\n".join(yaml.dump(spec) for spec in made), []


CONVERTERS = {
    "container-transform, kubernetes": container_transform("kubernetes"),
    "container-transform, compose": container_transform("compose"),
    "specctl": specctl,
}


def once(convert, file):
    made, messages = convert(file)
    print(made)
    print("\n".join(sorted(messages)), file=sys.stderr)


def usable(files):
    for file in files:
        try:
            for convert in CONVERTERS.values():
                convert(file)
        except Exception:  # a converter may fail in any way
            continue
        print(file)


def loop(convert, seconds, files):
    for file in files:
        convert(file)
    done, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        for file in files:
            convert(file)
        done += len(files)
    print(json.dumps({"documents": done, "seconds": time.perf_counter() - started}))


logging.disable(logging.ERROR)
match sys.argv[1:]:
    case ["usable", *files]:
        usable(files)
    case ["loop", converter, seconds, *files]:
        loop(CONVERTERS[converter], float(seconds), files)
    case ["once", converter, file]:
        once(CONVERTERS[converter], file)
    case _:
        sys.exit("usage: usable FILE... | loop CONVERTER SECONDS FILE... | once CONVERTER FILE")
