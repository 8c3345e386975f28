"""Every input path of the operations that the support table speaks of, from the service models of the installed botocore.

Prints `operation path type required limits`, separated by tabs, as operator/core/tests/data/model-paths.tsv has them.
"""

import botocore
from botocore.loaders import Loader

OPERATIONS = {
    "ecs": ["RegisterTaskDefinition", "CreateService", "UpdateService", "RunTask"],
    "scheduler": ["CreateSchedule"],
    "events": ["PutRule", "PutTargets"],
    "application-autoscaling": ["RegisterScalableTarget", "PutScalingPolicy", "PutScheduledAction"],
}


def limits(shapes):
    """Bounds, values and patterns of a value and of its elements"""
    found = []
    for shape in shapes:
        bounds = [f"{bound}={shape[bound]}" for bound in ("min", "max") if bound in shape]
        if bounds:
            found.append(" ".join(bounds))
    for shape in shapes:
        if "enum" in shape:
            found.append("enum=" + "|".join(shape["enum"]))
    for shape in shapes:
        if "pattern" in shape:
            found.append("pattern=" + shape["pattern"])
    return " ".join(found)


def walk(shapes, name, at, above):
    """The members of a structure; a structure within itself is any JSON"""
    shape = shapes[name]
    required = shape.get("required", [])
    for member, reference in shape.get("members", {}).items():
        inner = shapes[reference["shape"]]
        kind, path, below, described = inner["type"], at + member, reference["shape"], [inner]
        if kind == "list":
            below = inner["member"]["shape"]
            kind, path = "list of " + shapes[below]["type"], path + "[]"
            described.append(shapes[below])
        elif kind == "map":
            path = path + "{}"
            described.append(shapes[inner["value"]["shape"]])
        yield path, kind, "required" if member in required else "", limits(described)
        if kind.endswith("structure") and below not in above:
            yield from walk(shapes, below, path + ".", above | {below})


def main():
    """Prints the paths of every operation"""
    loader = Loader()
    print(f"# botocore {botocore.__version__}")
    for service, operations in OPERATIONS.items():
        model = loader.load_service_model(service, "service-2")
        for operation in operations:
            name = model["operations"][operation]["input"]["shape"]
            for row in walk(model["shapes"], name, "", frozenset({name})):
                print("\t".join([operation, *row]))


main()
