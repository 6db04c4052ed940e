"""The editor's colours, as hex strings; every text colour has a contrast of at least 4.5:1 on each ground.

`contrast` is the ratio of WCAG 2.2 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio).
"""

from __future__ import annotations

BACKGROUND = "#16181c"
"""Behind pictures and tracks."""
PANEL = "#1f2228"
"""Docks, dialogs, menus."""
RAISED = "#2b3038"
"""Buttons, fields, headers."""
LINE = "#4a515d"
"""Thin lines between areas; carries no meaning alone."""
TEXT = "#e8eaed"
MUTED_TEXT = "#a9b1bd"
"""Second-rank text and disabled items: still 4.5:1."""
ACCENT = "#5aa9f0"
"""What is chosen or running; links."""
FOCUS = "#ffd166"
"""The ring around what has the keyboard."""
PLAYHEAD = "#ff5c5c"
SEGMENT = "#2f6f62"
"""Fill of a dubbed stretch; TEXT on it is legible."""
SEGMENT_SELECTED = "#2a65a5"
VOICE_WAVE = "#63d2b4"
ORIGINAL_WAVE = "#9aa7ff"
DIRTY = "#8f2f35"
"""Render strip: not rendered."""
RENDERING = "#e0912f"
READY = "#2f8a4a"
FAILED = "#d05fd6"
"""Render strip: failed; drawn hatched too."""
MARKER = "#f2c14e"
IN_OUT = "#7cc7ff"
WARNING = "#ffb454"
"""Text and signs of what should be looked at."""
ERROR = "#ff8080"
"""Text and signs of what went wrong."""

GROUNDS = (BACKGROUND, PANEL, RAISED)
"""What text stands on."""
TEXT_COLOURS = (TEXT, MUTED_TEXT, ACCENT, FOCUS, VOICE_WAVE, ORIGINAL_WAVE, MARKER, IN_OUT, WARNING, ERROR)
"""What text is written in."""


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb", 0 (black) to 1 (white), by WCAG 2.2."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)
