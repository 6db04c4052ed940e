"""The tables of an evaluation: for the terminal, as Markdown and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import msgspec

from app.core.names import readable
from app.engine.evaluation.measures import MEASURES, Measure
from app.engine.evaluation.summary import CONFIDENCE, Summary, best_names
from app.engine.evaluation.video_set import JudgedClip, Skipped


class Report(msgspec.Struct, frozen=True):
    """All that an evaluation found."""

    size: int
    """Side of the crops that were compared."""
    clips: tuple[JudgedClip, ...]
    summary: tuple[Summary, ...]
    skipped: tuple[Skipped, ...] = ()
    """Rows of a set that could not be judged."""
    notes: tuple[str, ...] = ()

    @property
    def measures(self) -> list[Measure]:
        """Those that were measured anywhere, in their order."""
        return [measure for measure in MEASURES if any(measure.key in row.cells for row in self.summary)]

    @property
    def protocol(self) -> str:
        """How it was measured, in one sentence for all reports."""
        count = len(self.clips)
        interval = f", with {CONFIDENCE:.0%} bootstrap intervals over the clips" if count > 1 else ""
        return (
            f"{count} real clip{'s' if count != 1 else ''}; frames paired by time stamp, faces aligned as in FFHQ, cut "
            f"out by landmarks 34, 30, 55 and 49, at {self.size} pixels{interval}."
        )


def value_text(measure: Measure, row: Summary) -> str:
    """A cell: the mean, and the interval where there is one."""
    cell = row.cells.get(measure.key)
    if cell is None:
        return measure.text(None)
    shown = measure.text(cell.mean)
    return shown if cell.low is None else f"{shown} ({interval_text(measure, row)})"


def interval_text(measure: Measure, row: Summary) -> str:
    """The interval's ends; empty where there is none."""
    cell = row.cells.get(measure.key)
    if cell is None or cell.low is None:
        return ""
    return f"{measure.text(cell.low)} to {measure.text(cell.high)}"


def terminal_table(report: Report) -> str:
    """Figures as rows, methods as columns, aligned with spaces."""
    head = ["", *(readable(row.name) for row in report.summary)]
    lines = [head, *([m.title, *(value_text(m, row) for row in report.summary)] for m in report.measures)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def markdown(report: Report) -> str:
    """The table with its legend, notes and what was skipped; the best method of each figure is bold."""
    best = best_names(report.summary)
    lines = ["# Evaluation", "", report.protocol, ""]
    lines.append(_row(["", *(_escaped(row.name) for row in report.summary), "what it is"]))
    lines.append(_row(["---", *("---:" for _ in report.summary), "---"]))
    for measure in report.measures:
        texts = [value_text(measure, row) for row in report.summary]
        marked = [
            f"**{text}**" if row.name in best[measure.key] else text
            for row, text in zip(report.summary, texts, strict=True)
        ]
        lines.append(_row([measure.title, *marked, measure.meaning]))
    lines += _list("Notes", [*report.notes, *clip_notes(report.clips)])
    lines += _list(f"Skipped: {len(report.skipped)}", [f"{s.place}: {s.reason}" for s in report.skipped])
    return "\n".join(lines) + "\n"


def clip_notes(clips: Sequence[JudgedClip]) -> list[str]:
    """What was matched or could not be told, a sentence for each video."""
    notes = [f"{clip.real}: {note}." for clip in clips for note in clip.notes]
    return notes + [f"{row.file} ({row.name}): {note}." for clip in clips for row in clip.rows for note in row.notes]


def _list(title: str, items: Sequence[str]) -> list[str]:
    return ["", f"## {title}", "", *(f"- {_escaped(item)}" for item in items)] if items else []


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """Text that Markdown takes literally in a table."""
    text = readable(text)
    for sign in "\\|*_`<[":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())


def figures_csv(report: Report) -> str:
    """A row for each clip and method, full precision; empty where a figure could not be measured."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["real", "dubbed", "name", "frames", *(measure.key for measure in report.measures)])
    for clip in report.clips:
        for row in clip.rows:
            figures = [row.figures.get(measure.key, "") for measure in report.measures]
            writer.writerow([readable(clip.real), readable(row.file), readable(row.name), row.pairs, *figures])
    return out.getvalue()
