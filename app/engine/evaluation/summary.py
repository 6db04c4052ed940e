"""Figures of many clips as one table: means with bootstrap intervals over the clips."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from scipy import stats

from app.engine.evaluation.compare import FLOOR, REAL
from app.engine.evaluation.measures import MEASURES
from app.engine.evaluation.video_set import JudgedClip

CONFIDENCE = 0.95
_RESAMPLES = 2000


class Cell(msgspec.Struct, frozen=True):
    """A figure's mean over the clips that have it."""

    mean: float
    clips: int
    low: float | None = None
    """The bootstrap interval over the clips, at `CONFIDENCE`; None of fewer than two."""
    high: float | None = None


class Summary(msgspec.Struct, frozen=True):
    """One method over all clips."""

    name: str
    clips: int
    cells: dict[str, Cell]
    """By `Measure.key`, in the order of `MEASURES`."""


def summarise(clips: Sequence[JudgedClip]) -> list[Summary]:
    """A row for each method: the real clips first, then the methods as they first appear, the floor last."""
    rows = [row for clip in clips for row in clip.rows]
    named = [name for name in dict.fromkeys(row.name for row in rows) if name not in (REAL, FLOOR)]
    order = [REAL, *named, *([FLOOR] if any(row.name == FLOOR for row in rows) else [])]
    return [_summary(name, [row.figures for row in rows if row.name == name]) for name in order]


def _summary(name: str, figures: list[dict[str, float]]) -> Summary:
    cells = {
        measure.key: _cell([found[measure.key] for found in figures if measure.key in found])
        for measure in MEASURES
        if any(measure.key in found for found in figures)
    }
    return Summary(name, len(figures), cells)


def _cell(values: list[float]) -> Cell:
    mean = float(np.mean(values))
    if len(values) < 2:
        return Cell(mean, len(values))
    found = stats.bootstrap(
        (np.array(values),), np.mean, confidence_level=CONFIDENCE, n_resamples=_RESAMPLES, method="percentile", rng=0
    ).confidence_interval
    return Cell(mean, len(values), float(found.low), float(found.high))


def best_names(summaries: Sequence[Summary]) -> dict[str, set[str]]:
    """By `Measure.key`, the methods that are nearest to ideal as shown; nobody where all are alike."""
    methods = [row for row in summaries if row.name not in (REAL, FLOOR)]
    real = next((row.cells for row in summaries if row.name == REAL), {})
    best: dict[str, set[str]] = {}
    for measure in MEASURES:
        own = real[measure.key].mean if measure.key in real else None
        there = [
            (row.name, measure.distance(row.cells[measure.key].mean, own))
            for row in methods
            if measure.key in row.cells
        ]
        nearest = {name for name, apart in there if apart - min(a for _, a in there) < 0.5 * 10**-measure.places}
        best[measure.key] = nearest if len(nearest) < len(there) else set()
    return best
