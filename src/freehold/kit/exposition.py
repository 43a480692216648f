"""The Prometheus text format, version 0.0.4: metrics as lines of text. Pure."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Sample(NamedTuple):
    """One value of a metric. `suffix`: what a histogram's parts are called behind its name."""

    value: float
    labels: Mapping[str, str]
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric with its unit in its name, and one sentence of what it counts."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    meaning: str


def render(metrics: Iterable[tuple[Metric, Iterable[Sample]]]) -> str:
    """The metrics with their samples, each metric's together, as the format wants it."""
    lines: list[str] = []
    for metric, samples in metrics:
        lines += (f"# HELP {metric.name} {metric.meaning}", f"# TYPE {metric.name} {metric.kind}")
        lines += (f"{metric.name}{each.suffix}{_labels(each.labels)} {_number(each.value)}" for each in samples)
    return "\n".join(lines) + "\n"


def histogram(bounds: Iterable[float], counts: Iterable[int], total: float, labels: Mapping[str, str]) -> list[Sample]:
    """A histogram's samples. `counts`: of each bucket by itself, one more than there are bounds. `total`: of the values."""
    samples, sum_ = [], 0
    for bound, count in zip((*bounds, math.inf), counts, strict=True):
        sum_ += count
        samples.append(Sample(sum_, {**labels, "le": _number(bound)}, "_bucket"))
    return [*samples, Sample(total, labels, "_sum"), Sample(sum_, labels, "_count")]


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}" if labels else ""


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) else repr(value)
