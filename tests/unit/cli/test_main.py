"""What the command line does with what it is given: a verb, files for the editor, or a slip."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import main
from app.cli.main import VERBS, names_files


class Editor:
    """Notes what it is asked to open."""

    def __init__(self) -> None:
        self.opened: list[list[Path]] = []

    def __call__(self, files: list[Path]) -> int:
        self.opened.append(files)
        return 7


def test_nothing_opens_the_editor() -> None:
    editor = Editor()
    assert main([], editor) == 7
    assert editor.opened == [[]]


def test_files_open_in_the_editor() -> None:
    editor = Editor()
    main(["a.redub"], editor)
    main(["clip.mp4", "voice.wav"], editor)
    assert editor.opened == [[Path("a.redub")], [Path("clip.mp4"), Path("voice.wav")]]


def test_a_file_without_a_suffix_opens_where_it_is_there(tmp_path: Path) -> None:
    assert not names_files([str(tmp_path / "nothing")])
    (tmp_path / "clip").touch()
    assert names_files([str(tmp_path / "clip")])


@pytest.mark.parametrize("verb", VERBS)
def test_verbs_never_open_the_editor(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    editor = Editor()
    with pytest.raises(SystemExit) as stopped:
        main([verb, "--help"], editor)
    assert stopped.value.code == 0
    assert editor.opened == []
    assert verb in capsys.readouterr().out


def test_a_misspelt_verb_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["dubb"], Editor())
    assert stopped.value.code == 2
    assert "dubb" in capsys.readouterr().err


def test_without_an_editor_a_verb_is_required() -> None:
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == 2


def test_choosing_the_editor_loads_nothing_heavy() -> None:
    code = (
        "import sys; from app.cli import main; main([], lambda files: 0); "
        "print([m for m in ('numpy', 'av', 'cv2', 'torch', 'PySide6') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
