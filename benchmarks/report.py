"""What was measured, in words: a text for the terminal; the table of README.md and the charts, from results/*.json."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.chart import bars, number
from benchmarks.machine import spread
from benchmarks.records import Claim, Figure, Series

_README: Final = Path(__file__).with_name("README.md")
_BEGIN: Final = (
    "<!-- Written by `make bench` from results/*.json; what stands between these two lines is lost at the next run. -->"
)
_END: Final = "<!-- End of what `make bench` writes. -->"
_COLUMNS: Final = {
    "p50_us": "p50 µs", "p99_us": "p99 µs", "p999_us": "p99.9 µs", "max_us": "most µs", "cpu_us": "CPU µs a request",
    "busy": "core busy", "rate": "requests/s", "most": "most requests/s",
}  # fmt: skip
_ENOUGH_ROUNDS: Final = 5


def told(figure: Figure) -> str:
    """One figure for the terminal."""
    lines = [f"\n{figure.title}  ({figure.rounds} × {figure.seconds_a_round:g} s, {figure.took_s:.0f} s in all)"]
    for each in figure.series:
        beside = "  ".join(
            f"{name} {number(statistics.median(values))}" for name, values in each.beside.items() if name != "requests"
        )
        memory = "" if each.rss_mib is None else f"  {each.rss_mib:g} MiB"
        lines.append(f"  {each.name:<36} {_range(each.values):>28} {each.unit:<11} {beside}{memory}")
    lines += [f"  {each.name:<60} {_range(each.values)} {each.unit}{_goal(each)}" for each in figure.claims]
    lines += [f"  {note}" for note in figure.notes]
    lines.append(
        f"  The ceiling before and after: {' and '.join(f'{each:,.0f}' for each in figure.ceiling)} requests/s."
    )
    return "\n".join(lines)


def write(results: Path, order: Sequence[str]) -> None:
    """Write README.md's part and the charts anew."""
    figures = [
        msgspec.json.decode(path.read_bytes(), type=Figure)
        for path in (results / f"{name}.json" for name in order)
        if path.exists()
    ]
    for figure in figures:
        chart = bars(figure.title, _subtitle(figure), figure.series)
        (results / f"{figure.id}.svg").write_text(chart, encoding="utf-8")
    before, _, rest = _README.read_text(encoding="utf-8").partition(_BEGIN)
    after = rest.partition(_END)[2]
    _README.write_text(f"{before}{_BEGIN}\n{_section(figures)}\n{_END}{after}", encoding="utf-8")


def _section(figures: Sequence[Figure]) -> str:
    if not figures:
        return "\nNothing was measured yet.\n"
    return "\n".join(["", _noise(figures), "", "### Against the goals", "", *_goals(figures), *map(_chapter, figures)])


def _noise(figures: Sequence[Figure]) -> str:
    ceilings = [each for figure in figures for each in figure.ceiling]
    latest = max(figures, key=lambda each: each.at)
    machine = latest.machine
    return (
        f"Measured {min(each.at for each in figures)} to {latest.at} on {machine['cores']} cores of {machine['processor']}, "
        f"{machine['memory_gib']:g} GiB, Linux {machine['kernel']}, Python {machine['python']}, "
        f"at {', '.join(sorted({str(each.machine['commit']) for each in figures}))}. "
        f"The machine's noise: nginx's static answer, measured {len(ceilings)} times before and after the figures, "
        f"gave {min(ceilings):,.0f} to {max(ceilings):,.0f} requests/s, a spread of {spread(ceilings):.0%}."
    )


def _goals(figures: Sequence[Figure]) -> list[str]:
    lines = ["| what | goal | median | least to most of the rounds | |", "|---|---|---|---|---|"]
    for figure in figures:
        for each in figure.claims:
            if each.goal is None:
                continue
            mark = "met" if each.met else "**missed**"
            bound = f"{'≤' if each.at_most else '≥'} {number(each.goal)} {each.unit}"
            lines.append(
                f"| [{each.name}](#{figure.id}) | {bound} | {number(each.median)} | {_least_most(each.values)} | {mark} |"
            )
    return lines


def _chapter(figure: Figure) -> str:
    lines = [
        "",
        f'### <a id="{figure.id}"></a>{figure.title}',
        "",
        f"`{figure.command}` · {_subtitle(figure)} · {', '.join(f'{name} {version}' for name, version in figure.versions.items())}",
        "",
        f"![{figure.title}](results/{figure.id}.svg)",
        "",
    ]
    if _few(figure):
        lines += [f"**A trial, not a figure: it takes {_ENOUGH_ROUNDS} rounds.**", ""]
    return "\n".join(
        [*lines, *_table(figure.series), "", *_ratios(figure.claims), "", *[f"- {note}" for note in figure.notes]]
    )


def _table(series: Sequence[Series]) -> list[str]:
    shown = [name for name in _COLUMNS if any(name in each.beside for each in series)]
    with_memory = any(each.rss_mib is not None for each in series)
    heads = [
        "",
        "median",
        "least to most",
        *(_COLUMNS[name] for name in shown),
        *(["MiB after"] if with_memory else []),
    ]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for each in series:
        cells = [each.name, f"{number(each.median)} {each.unit}", _least_most(each.values)]
        cells += [number(statistics.median(each.beside[name])) if name in each.beside else "" for name in shown]
        cells += ["" if each.rss_mib is None else f"{each.rss_mib:g}"] if with_memory else []
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _ratios(claims: Sequence[Claim]) -> list[str]:
    lines = ["| | median | each round |", "|---|---|---|"]
    for each in claims:
        rounds = " · ".join(number(value) for value in each.values)
        lines.append(f"| {each.name} | {number(each.median)} {each.unit}{_goal(each)} | {rounds} |")
    return lines


def _subtitle(figure: Figure) -> str:
    return f"{figure.rounds} round{'s' * (figure.rounds > 1)} of {figure.seconds_a_round:g} s, in turn; medians, least to most"


def _few(figure: Figure) -> bool:
    return figure.rounds < _ENOUGH_ROUNDS


def _goal(claim: Claim) -> str:
    if claim.goal is None:
        return ""
    return f" (goal {'≤' if claim.at_most else '≥'} {number(claim.goal)}: {'met' if claim.met else 'missed'})"


def _range(values: Sequence[float]) -> str:
    return f"{number(statistics.median(values))} [{_least_most(values)}]"


def _least_most(values: Sequence[float]) -> str:
    return f"{number(min(values))} – {number(max(values))}"
