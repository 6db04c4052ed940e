"""Progress lines and the checks that verbs share."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli.attention import parse_patch
from app.cli.options import ProgressLine, check_json_output, make_folder, progress_text, write_json
from app.core.errors import UserError


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("dubbing", 120, 250, 6.0), "dubbing  120/250 frames  20.0 a second  0:06 left"),
        (("faces", 1, 1000, 0.5), "faces  1/1000 frames  2.0 a second  8:20 left"),
        (("faces", 7, None, 3.5), "faces  7 frames  2.0 a second"),
        (("faces", 0, 10, 0.0), "faces  0/10 frames  0.0 a second"),
        (("preparing", 5, 5, 2.0, "clips"), "preparing  5/5 clips  2.5 a second  0:00 left"),
    ],
)
def test_progress_text(arguments: tuple[str, int, int | None, float], text: str) -> None:
    assert progress_text(*arguments) == text


@given(st.integers(0, 10**6), st.one_of(st.none(), st.integers(0, 10**6)), st.floats(0, 1e6))
def test_progress_text_never_fails(done: int, total: int | None, seconds: float) -> None:
    assert str(done) in progress_text("x", done, total, seconds)


class Terminal(io.StringIO):
    """Looks like a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_one_line_a_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", screen := Terminal())
    line = ProgressLine()
    line("faces", 1, 2)
    line("faces", 2, 2)
    line("dubbing", 5, 5)
    line.close()
    line.close()
    first, second, rest = screen.getvalue().split("\n")
    assert first.startswith("\r\033[Kfaces  1/2") and "\r\033[Kfaces  2/2" in first
    assert second.startswith("\r\033[Kdubbing  5/5")
    assert rest == ""


def test_a_log_gets_whole_lines_and_few(capsys: pytest.CaptureFixture[str]) -> None:
    line = ProgressLine("clips")
    for done in range(1, 201):
        line("preparing", done, 200)
    line.close()
    (only,) = capsys.readouterr().err.splitlines()
    assert only.startswith("preparing  200/200 clips")


def test_a_patch_is_two_numbers() -> None:
    assert parse_patch("8, 11") == (8, 11)
    for text in ("", "8", "8,", "8,11,3", "-1,3", "a,b", "²,1", "1.5,2"):
        with pytest.raises(UserError, match="is not a patch"):
            parse_patch(text)


def test_json_goes_where_it_can(tmp_path: Path) -> None:
    file, other = tmp_path / "r.json", tmp_path / "clip.mp4"
    check_json_output("--report", file, [other])
    write_json(file, {"a": 1})
    assert file.read_text() == '{\n "a": 1\n}\n'
    check_json_output("--report", file, [other])
    for bad, others in ((tmp_path, []), (tmp_path / "x" / "r.json", []), (tmp_path / "." / "clip.mp4", [other])):
        with pytest.raises(UserError, match="--report"):
            check_json_output("--report", bad, others)
    with pytest.raises(UserError, match="does not exist"):
        write_json(tmp_path / "x" / "r.json", {})


def test_a_folder_is_made_or_refused(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be made"):
        make_folder(tmp_path / "file" / "b")


def test_a_report_replaces_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text("before")
    with pytest.raises(NotImplementedError):
        write_json(file, object())
    assert file.read_text() == "before" and list(tmp_path.iterdir()) == [file]
    write_json(file, {"a": 1})
    assert json.loads(file.read_text()) == {"a": 1}


def test_a_report_into_a_pipe_leaves_it_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    handle = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_json(pipe, {"a": 1})
    assert json.loads(os.read(handle, 100)) == {"a": 1} and pipe.is_fifo()
    os.close(handle)
