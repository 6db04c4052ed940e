"""Writes the report of an evaluation into a folder: tables, curves and one page for people."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
import msgspec
import numpy as np

from app.core.errors import UserError
from app.core.names import readable, readable_values
from app.engine.evaluation.compare import FLOOR, REAL, Comparison, strip_moments
from app.engine.evaluation.measures import LEADING
from app.engine.evaluation.report_plots import colours, offset_plot, opening_plot
from app.engine.evaluation.report_tables import (
    Report,
    clip_notes,
    figures_csv,
    interval_text,
    markdown,
)
from app.engine.evaluation.summary import best_names
from app.engine.evaluation.video_set import JudgedClip
from app.engine.files.atomic_file import as_json, write_atomic

TEMPLATE = Path(__file__).resolve().parents[3] / "resources" / "report" / "report.html.jinja"
JSON, MARKDOWN, TABLE, PAGE = "report.json", "report.md", "report.csv", "report.html"
PLOTS = "plots"
"""Folder of the curves."""
SHOWN = 24
"""Clips that the page shows with strips and curves, spread over a larger set: a page of hundreds opens nowhere."""


def report_files(folder: Path) -> list[Path]:
    """The files that `write_report` writes beside the plots."""
    return [folder / name for name in (JSON, MARKDOWN, TABLE, PAGE)]


def write_report(folder: Path, report: Report) -> None:
    """Writes everything into `folder`, which is there; each file is whole or as it was.

    Raises UserError where that fails.
    """
    plots = folder / PLOTS
    try:
        plots.mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(f'The folder "{plots}" cannot be made ({error.strerror}): choose another.') from error
    shown = _shown(report.clips)
    pictures = [(offset_plot(clip), opening_plot(clip)) for clip in shown]
    for number, (offsets, openings) in enumerate(pictures, start=1):
        write_atomic(plots / f"{number:03d}-offset.svg", offsets.encode())
        write_atomic(plots / f"{number:03d}-opening.svg", openings.encode())
    write_atomic(folder / MARKDOWN, markdown(report).encode())
    write_atomic(folder / TABLE, figures_csv(report).encode())
    write_atomic(folder / PAGE, _page(report, shown, pictures).encode())
    write_atomic(folder / JSON, as_json(_values(report)))


def _shown(clips: Sequence[JudgedClip]) -> list[JudgedClip]:
    """At most `SHOWN` clips, spread over all."""
    picks = np.linspace(0, len(clips) - 1, min(SHOWN, len(clips))).round().astype(int)
    return [clips[pick] for pick in dict.fromkeys(picks.tolist())]


def _values(report: Report) -> Any:
    """The report as JSON holds it: everything but the pictures."""
    return readable_values(
        {
            "format": 1,
            "size": report.size,
            "protocol": report.protocol,
            "measures": [{"key": m.key, "title": m.title, "ideal": m.ideal} for m in report.measures],
            "summary": msgspec.to_builtins(report.summary),
            "clips": [
                {"real": clip.real, "notes": list(clip.notes), "rows": [_row_values(row) for row in clip.rows]}
                for clip in report.clips
            ],
            "skipped": msgspec.to_builtins(report.skipped),
            "notes": list(report.notes),
        }
    )


def _row_values(row: Comparison) -> dict[str, Any]:
    names = (name for name in row.__struct_fields__ if name != "strip")
    return {name: msgspec.to_builtins(getattr(row, name)) for name in names}


def _page(report: Report, shown: Sequence[JudgedClip], pictures: Sequence[tuple[str, str]]) -> str:
    """The page: self-contained HTML."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.filters["readable"] = readable
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    clips = [
        {
            "name": Path(clip.real).name,
            "rows": [_strip(row) for row in clip.rows],
            "moments": strip_moments(clip.rows[0].times),
            "colours": colours(clip),
            "plots": [svg[svg.index("<svg") :] for svg in plots],
            "notes": clip_notes([clip]),
        }
        for clip, plots in zip(shown, pictures, strict=True)
    ]
    return template.render(
        report=report,
        clips=clips,
        best=best_names(report.summary),
        leading=LEADING,
        interval=interval_text,
        fixed=(REAL, FLOOR),
    )


def _strip(row: Comparison) -> dict[str, Any]:
    """A method's frames for the page, and its figures."""
    return {"name": row.name, "strip": base64.b64encode(row.strip).decode(), "figures": row.figures}
