"""What a dub did: the figures that the command line prints and `--report` writes."""

from __future__ import annotations

import msgspec


class Span(msgspec.Struct, frozen=True):
    """A stretch of the clip that was passed through, and why."""

    start: float
    """Seconds."""
    stop: float
    reason: str


class FitCheck(msgspec.Struct, frozen=True):
    """How well the weights rebuild this face from its own sound (see `fit_check`)."""

    score: float | None
    """Decibels by which the rebuilt mouth beats the pasted reference; None where it could not be measured."""
    known: float | None
    """The score on faces that the weights know."""
    sentence: str
    """What that means for the user."""

    @property
    def doubtful(self) -> bool:
        """Whether the user should expect less than the weights can do."""
        return self.score is not None and self.known is not None and self.score < self.known


class DubReport(msgspec.Struct, frozen=True):
    """Everything worth knowing of a finished dub; times in seconds."""

    clip: str
    voice: str
    output: str
    frames: int
    dubbed_frames: int
    faceless_spans: tuple[Span, ...]
    """Within the dubbed ranges."""
    seconds: dict[str, float]
    """For each stage (decode, track, network, blend, encode) and "total"."""
    frames_per_second: float
    """End to end: frames over total."""
    device: str
    weights: str
    weights_sha256: str
    detector: str
    detector_called: bool
    """False where the faces of this clip were known from an earlier dub."""
    encoder: str
    reference_times: tuple[tuple[float, ...], ...]
    """Of each segment's references: the user's or the best one, then the others."""
    cut_seconds: float
    """Of the voice, beyond the end of the picture."""
    padded_seconds: float
    """Silence after the voice's end, inside the dubbed ranges."""
    held_seconds: float
    """By which the last frame was held for the voice."""
    fit: FitCheck
    warnings: tuple[str, ...]
    signed_by: str = ""
    """Whose certificate its manifest is signed with; empty for an unsigned export."""
