"""Where a dub is to be looked at by a person: stretches without the face, or with a face that is uncertain."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Literal

import msgspec

from app.core.project import Segment
from app.core.timebase import TimeRange
from app.engine.faces.analysis import FaceAnalysis

Kind = Literal["no face", "other faces only", "uncertain", "weak fit"]


class Doubt(msgspec.Struct, frozen=True):
    """A stretch that is dubbed, and why its picture may not be what is wanted."""

    range: TimeRange
    face: int
    kind: Kind
    """"no face" and "other faces only": the picture stays as it was filmed; "uncertain": the face was interpolated or
    found with little confidence; "weak fit": the weights do not know this face well, which the fit check tells."""


def doubts_of(segments: Iterable[Segment], analysis: FaceAnalysis) -> tuple[Doubt, ...]:
    """All doubts of the segments, in order of time."""

    @cache
    def of(face: int) -> list[Doubt]:
        return _doubts_of_face(analysis, face)

    return tuple(doubt for segment in segments for doubt in _within(of(segment.face), segment.range))


def _doubts_of_face(analysis: FaceAnalysis, face: int) -> list[Doubt]:
    """Of the whole clip, in order of time; the stretches never overlap, for a face is either there or not."""
    found = [
        Doubt(TimeRange(span.start_time, span.stop_time), face, span.reason) for span in analysis.faceless_spans(face)
    ]
    found += [Doubt(span, face, "uncertain") for span in analysis.uncertain_spans(face)]
    return sorted(found, key=lambda doubt: doubt.range)


def _within(doubts: Sequence[Doubt], span: TimeRange) -> Iterable[Doubt]:
    """What of the doubts lies in a stretch; found by bisection."""
    first = bisect_right(doubts, span.start, key=lambda doubt: doubt.range.stop)
    for doubt in doubts[first:]:
        shared = doubt.range.intersect(span)
        if shared is None:
            return
        yield msgspec.structs.replace(doubt, range=shared)
