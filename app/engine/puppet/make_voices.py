"""Makes the demo's two voices: `python -m app.engine.puppet.make_voices --out resources/voices`.

It needs libespeak-ng; a user's first run plays the committed files instead.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from app.core.errors import UserError
from app.engine.puppet.espeak import speak
from app.engine.puppet.sentences import SENTENCE_A, SENTENCE_B, VOICE_A, VOICE_B, SpokenText
from app.engine.puppet.speech import VOICES_FOLDER, padded, save_voice

_VOICES = {"a": SpokenText(SENTENCE_A, VOICE_A), "b": SpokenText(SENTENCE_B, VOICE_B)}
_LEAD, _TAIL = 0.3, 0.4
"""Seconds of silence before and after: a clip begins and ends with closed lips."""


def make_voices(folder: Path) -> list[Path]:
    """Speaks sentences A and B and writes them into `folder`; returns the files.

    Raises UserError where libespeak-ng is missing.
    """
    written: list[Path] = []
    for name, spoken in _VOICES.items():
        speech = padded(speak(spoken.text, spoken.voice), _LEAD, _TAIL)
        written.extend(save_voice(speech, name, folder))
    return written


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m app.engine.puppet.make_voices", description=__doc__)
    parser.add_argument("--out", type=Path, default=VOICES_FOLDER, help="folder for the files (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        written = make_voices(options.out)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(str(path) for path in written))
    return 0


if __name__ == "__main__":
    sys.exit(main())
