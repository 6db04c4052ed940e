"""The figures that a comparison tells, in the order in which they are read; declared once for all reports."""

from __future__ import annotations

from typing import Literal

import msgspec


class Measure(msgspec.Struct, frozen=True):
    """One figure."""

    key: str
    title: str
    ideal: Literal["more", "less", "one", "nought", "real"]
    """What is good: more, less, near 1, near 0, or near the real clip's own."""
    places: int
    """Decimals that are shown."""
    meaning: str

    def text(self, value: float | None) -> str:
        """The value as it is shown; a dash where it could not be measured."""
        if value is None:
            return "\N{EN DASH}"
        shown = f"{value:.{self.places}f}"
        return shown.removeprefix("-") if float(shown) == 0 else shown.replace("-", "\N{MINUS SIGN}")

    def distance(self, value: float, real: float | None) -> float:
        """How far from ideal a value is: the smaller, the better."""
        if self.ideal == "real":
            return abs(value - (real or 0.0))
        return {"more": -value, "less": value, "one": abs(value - 1), "nought": abs(value)}[self.ideal]


MEASURES = (
    Measure(
        "correlation", "Opening correlation", "more", 3,
        "Correlation over time of the mouth's opening with the real one; 1 where it opens and shuts as it did.",
    ),
    Measure(
        "opening_ratio", "Opening ratio", "one", 2,
        "How much the mouth's opening varies, over the real one's; below 1 it mumbles.",
    ),
    Measure(
        "texture", "Texture ratio", "one", 2,
        "Finest detail about the mouth, over the real one's; below 1 it is soft, above 1 noisy.",
    ),
    Measure("dists", "DISTS", "less", 3, "Deep image structure and texture similarity; 0 is the same picture."),
    Measure("lpips", "LPIPS", "less", 3, "Learned perceptual distance (AlexNet); 0 is the same picture."),
    Measure(
        "lmd", "LMD", "less", 2,
        "Mean distance of the 20 mouth landmarks in the aligned face, in hundredths of the eye distance.",
    ),
    Measure(
        "offset", "Offset", "nought", 1,
        "Frames by which the mouth's motion comes late: where the offset curve has its peak.",
    ),
    Measure(
        "peak", "Peak correlation", "more", 3, "Opening correlation at that offset.",
    ),
    Measure(
        "follows", "Follows voice", "real", 3,
        "Correlation of the mouth's opening with the loudness of the driving voice; the real mouth's with its own.",
    ),
    Measure(
        "open_share", "Mouth open", "real", 2, "Share of frames with an open mouth.",
    ),
    Measure(
        "lip_leak", "LipLeak", "real", 2, "Share of frames with an open mouth while the voice is silent.",
    ),
    Measure(
        "flicker", "Flicker", "one", 2,
        "Second difference in time of the pixels about the mouth, over the real one's; above 1 it flickers.",
    ),
    Measure(
        "jerk", "Lip jerk", "one", 2,
        "Third difference in time of the lips' corners, over the real one's; above 1 they tremble.",
    ),
    Measure(
        "outside", "Error outside", "less", 2,
        "Mean difference outside the mouth box in levels of 255; only of videos in the real clip's framing.",
    ),
    Measure("lost", "Face lost", "less", 3, "Share of frames in which no face is found any more."),
    Measure("ssim", "SSIM", "more", 3, "Structural similarity of the crops."),
    Measure("psnr", "PSNR", "more", 1, "In dB, at most 100; last, because what people prefer does not follow it."),
)  # fmt: skip

LEADING = ("correlation", "opening_ratio", "texture", "dists")
"""Keys of the figures that lead."""

Figures = dict[str, float]
"""Values by `Measure.key`; one that could not be measured is not there."""
