"""What somebody attaches to a report of a problem: the log, versions and settings in one file; never media."""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Mapping
from logging.handlers import RotatingFileHandler
from pathlib import Path

from app.core.errors import UserError
from app.engine.replacing import replacing

LOG = "redub.log"
LARGEST, KEPT = 1 << 20, 2
"""Bytes of a log, and how many older ones are kept beside it."""
_log = logging.getLogger(__name__)


def keep_log(folder: Path) -> logging.Handler | None:
    """From now on, what the program logs is also kept in `folder`; None where that cannot be, which is logged."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(folder / LOG, maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8", delay=True)
    except OSError as error:
        _log.warning("no log can be kept in %s (%s).", folder, error.strerror)
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    return handler


def write_report(target: Path, log_folder: Path, texts: Mapping[str, str]) -> None:
    """Writes a ZIP file with the logs in `log_folder` and these texts by name; the user's home is written "~" in all.

    Raises UserError where it cannot be written; nothing stands there then that was not there before.
    """
    logs = {file.name: file.read_text("utf-8", "replace") for file in sorted(log_folder.glob(f"{LOG}*"))}
    try:
        with replacing(target) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in {**texts, **logs}.items():
                archive.writestr(name, without_home(text))
    except OSError as error:
        raise UserError(f'"{target}" cannot be written ({error.strerror}): choose another folder.') from error


def without_home(text: str) -> str:
    """Who the user is stays with him."""
    home = str(Path.home())
    return text.replace(home, "~") if len(home) > 1 else text
