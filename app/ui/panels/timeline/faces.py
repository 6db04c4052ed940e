"""Where the chosen face is in the clip, as stretches of time; no Qt."""

from __future__ import annotations

import msgspec

from app.engine.faces.analysis import FaceAnalysis, FacelessSpan
from app.ui.panels.timeline.spans import Spans, from_pairs, spans_of


class FaceBand(msgspec.Struct, frozen=True, eq=False):
    """What the face-presence band shows of one person."""

    face: int
    faceless: tuple[FacelessSpan, ...]
    """Stretches without the face, in order of time."""
    gaps: Spans
    """The same as numbers."""
    uncertain: Spans
    """Stretches where it was interpolated or found with little confidence."""
    cuts: Spans
    """Each shot's first moment but the first shot's, as stretches without length."""

    def faceless_at(self, seconds: float) -> FacelessSpan | None:
        """The stretch without the face at a time."""
        here = self.gaps.visible(seconds, seconds + 1e-9)
        return self.faceless[here.start] if here.stop > here.start else None

    def uncertain_at(self, seconds: float) -> bool:
        """Whether the face is uncertain at a time."""
        here = self.uncertain.visible(seconds, seconds + 1e-9)
        return here.stop > here.start


def face_band(analysis: FaceAnalysis, face: int) -> FaceBand:
    """The band of one person; runs over arrays, so that hours of frames take milliseconds."""
    faceless = analysis.faceless_spans(face)
    return FaceBand(
        face=face,
        faceless=faceless,
        gaps=from_pairs([(span.start_time, span.stop_time) for span in faceless]),
        uncertain=spans_of(analysis.uncertain_spans(face)),
        cuts=from_pairs([(time, time) for time in analysis.cut_times]),
    )
