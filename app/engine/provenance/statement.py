"""What is said of an export beside what its file shows."""

from __future__ import annotations

import msgspec

from app.core.timebase import TimeRange


class Statement(msgspec.Struct, frozen=True):
    """What the user decides and declares."""

    sign: bool = True
    """Whether the export carries a signed manifest."""
    certificate: tuple[str, str] | None = None
    """Paths of the user's own certificate chain and key, both PEM; the installation's own without."""
    translated: tuple[str, str] | None = None
    """The languages of the original speech and of the new voice (BCP 47), where it is a translation."""
    consent: str = ""
    """Who agreed to the dub, and on what ground; written into the manifest as it stands, if there is any."""


class Facts(msgspec.Struct, frozen=True):
    """What the export itself knows."""

    title: str
    """The file's name."""
    clip: str
    """Path of the clip that was dubbed."""
    voices: tuple[str, ...]
    """Paths of the voices that are heard."""
    weights: str
    weights_sha256: str
    ranges: tuple[TimeRange, ...]
    """Where lips were changed, in seconds of the exported file."""
