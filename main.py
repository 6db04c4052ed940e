"""The one entry: `python main.py [FILE ...]` opens the editor, `python main.py VERB ...` runs a verb without it."""

from pathlib import Path

from app.cli import main


def open_editor(files: list[Path]) -> int:
    """The editor; imported only here, so that verbs need no Qt."""
    from app.ui.window.launch import run_editor

    return run_editor(files)


if __name__ == "__main__":
    raise SystemExit(main(editor=open_editor))
