"""The user's settings as a JSON file in the folder of the program's settings."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import msgspec

from app.core.settings import Settings, with_values
from app.engine.files.atomic_file import write_json

NAME = "settings.json"

_log = logging.getLogger(__name__)


def load_settings(folder: Path, notify: Callable[[str], None] = _log.warning) -> Settings:
    """The settings kept in `folder`; defaults where nothing is.

    A file that cannot be read, and single values that no option has, are told to `notify` in a sentence, and the
    defaults hold: the program starts all the same. The file is left for the user to look at until the next save.
    """
    file = folder / NAME
    try:
        raw: object = msgspec.json.decode(file.read_bytes())
    except FileNotFoundError:
        return Settings()
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        notify(f'The settings in "{file}" cannot be read ({error}): the defaults are used.')
        return Settings()
    if not isinstance(raw, dict):
        notify(f'The settings in "{file}" are not a table of options: the defaults are used.')
        return Settings()
    settings, wrong = with_values(Settings(), cast("dict[str, Any]", raw))
    if wrong:
        notify(f'The settings in "{file}" hold an invalid value for {", ".join(wrong)}: the default is used.')
    return settings


def save_settings(settings: Settings, folder: Path) -> None:
    """Writes the settings into `folder`, which is made. Raises UserError with a sentence where that cannot be."""
    write_json(folder / NAME, settings)
