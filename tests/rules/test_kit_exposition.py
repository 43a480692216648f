"""The Prometheus text format, as its specification has it."""

import math

from freehold.kit.exposition import Metric, Sample, histogram, render

SECONDS = Metric("app_seconds", "histogram", "How long it took.")
BYTES = Metric("app_bytes_total", "counter", "Bytes.")


def test_a_metric_is_named_once_above_all_its_samples() -> None:
    text = render([(BYTES, [Sample(3, {}), Sample(2.5, {"of": 'a "b" \\ c\nd', "to": "x"})]), (SECONDS, [])])
    assert text == (
        "# HELP app_bytes_total Bytes.\n# TYPE app_bytes_total counter\napp_bytes_total 3\n"
        'app_bytes_total{of="a \\"b\\" \\\\ c\\nd",to="x"} 2.5\n'
        "# HELP app_seconds How long it took.\n# TYPE app_seconds histogram\n"
    )


def test_a_histogram_counts_each_bucket_with_those_below_it() -> None:
    samples = histogram((0.1, 1.0), [2, 0, 3], 4.25, {"worker": "0"})
    assert render([(SECONDS, samples)]).splitlines()[2:] == [
        'app_seconds_bucket{worker="0",le="0.1"} 2', 'app_seconds_bucket{worker="0",le="1"} 2',
        'app_seconds_bucket{worker="0",le="+Inf"} 5', 'app_seconds_sum{worker="0"} 4.25',
        'app_seconds_count{worker="0"} 5',
    ]  # fmt: skip


def test_numbers_are_written_so_that_they_are_read_as_the_same() -> None:
    values = (0.0, -3.0, 1e21, 0.1 + 0.2, math.inf, -math.inf)
    lines = render([(BYTES, [Sample(value, {}) for value in values])]).splitlines()[2:]
    assert [float(line.split()[1].replace("Inf", "inf")) for line in lines] == list(values)
