"""Which of a file's streams are used, where somebody says so."""

from __future__ import annotations

import msgspec


class Streams(msgspec.Struct, frozen=True):
    """Numbers of streams in a file, as `inspect` tells them; None leaves the choice to the engine."""

    picture: int | None = None
    sound: int | None = None

    def picture_key(self, sha256: str) -> str:
        """Names what is cached about the picture of the file with that content."""
        return sha256 if self.picture is None else f"{sha256}-p{self.picture}"

    def sound_key(self, sha256: str) -> str:
        """Likewise for its sound."""
        return sha256 if self.sound is None else f"{sha256}-s{self.sound}"


AUTOMATIC = Streams()
"""The streams that the engine chooses itself."""
