"""What was chosen for the last export, kept for the next one."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from app.engine.export.export_presets import DEFAULT
from app.engine.export.name_template import DEFAULT_TEMPLATE
from app.engine.files.atomic_file import write_json

NAME = "export.json"

_log = logging.getLogger(__name__)


class ExportChoices(msgspec.Struct, frozen=True):
    """The fields of the export dialog that stay the same from one export to the next."""

    preset: str = DEFAULT
    suffix: str = ""
    """Suffix of the container; empty for the preset's usual one."""
    codec: str = ""
    """FFmpeg's name of the encoder; empty for the preset's usual one."""
    crf: int | None = None
    """Quality on x264's scale; None for the preset's usual one."""
    folder: str = ""
    """Folder of the output; empty for the clip's own."""
    template: str = DEFAULT_TEMPLATE


def load_choices(folder: Path) -> ExportChoices:
    """Those kept in `folder`; the usual ones where nothing, or nothing that can be read, is there (that is logged)."""
    file = folder / NAME
    try:
        return msgspec.json.decode(file.read_bytes(), type=ExportChoices)
    except FileNotFoundError:
        return ExportChoices()
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        _log.warning('The choices of the last export in "%s" cannot be read (%s): the defaults are used.', file, error)
        return ExportChoices()


def save_choices(choices: ExportChoices, folder: Path) -> None:
    """Keeps them in `folder`, which is made. Raises UserError with a sentence where that cannot be."""
    write_json(folder / NAME, choices)
