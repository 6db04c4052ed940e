"""Project files: there and back, moved, older, newer, damaged, and what a full disk leaves."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.core.errors import UserError
from app.core.project import Project, Segment, Take, View
from app.core.timebase import TimeRange
from app.engine.files import project_file
from app.engine.files.project_file import (
    FORMAT,
    backups_of,
    decode_project,
    encode_project,
    load_project,
    matches,
    migrate,
    missing_media,
    missing_takes,
    save_project,
)
from tests.disk import full_disk
from tests.unit.core.strategies import projects

PROJECT = Project(
    segments=(Segment(TimeRange(Fraction(1, 3), Fraction(1001, 30)), id=1),), offset=Fraction(-1001, 30000)
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "show" / "projects"
    folder.mkdir(parents=True)
    return folder / "a film.redub"


def stored(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text())


@settings(max_examples=50)
@given(projects())
def test_any_project_comes_back(project: Project) -> None:
    file = Path("/films/projects/x.redub")
    assert decode_project(json.loads(encode_project(project, file.parent)), file) == project


def test_saving_and_loading(file: Path) -> None:
    save_project(PROJECT, file)
    assert load_project(file) == PROJECT
    head = stored(file)
    assert (head["format"], head["written_by"].split()[0]) == (FORMAT, "Redub")
    assert head["project"]["offset"] == "-1001/30000"
    assert file.read_text().count("\n") > 20, "people compare versions line by line"
    assert [one.name for one in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize(
    ("media", "text"),
    [
        ("show/projects/clip.mp4", "clip.mp4"),
        ("show/projects/in/é 1.mp4", "in/é 1.mp4"),
        ("show/footage/clip.mp4", "../footage/clip.mp4"),
        ("show/clip.mp4", "../clip.mp4"),
    ],
)
def test_media_near_the_project_move_with_it(file: Path, media: str, text: str, tmp_path: Path) -> None:
    clip = tmp_path / media
    save_project(Project(clip=str(clip), voice=str(clip), weights=str(clip.with_suffix(".safetensors"))), file)
    assert stored(file)["project"]["clip"] == text
    shutil.move(tmp_path / "show", tmp_path / "moved")
    loaded = load_project(tmp_path / "moved" / "projects" / file.name)
    there = str(tmp_path / media.replace("show", "moved", 1))
    assert (loaded.clip, loaded.voice) == (there, there)
    assert loaded.weights == str(Path(there).with_suffix(".safetensors"))


def test_media_elsewhere_stay_where_they_are(file: Path, tmp_path: Path) -> None:
    clip = tmp_path / "elsewhere" / "clip.mp4"
    save_project(Project(clip=str(clip)), file)
    assert stored(file)["project"]["clip"] == clip.as_posix()
    assert load_project(file) == Project(clip=str(clip))


def test_paths_from_where_the_program_was_started(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save_project(Project(clip="show/clip.mp4", voice="./show/../show/voice.wav"), Path("show/projects/b.redub"))
    monkeypatch.chdir("/")
    loaded = load_project(tmp_path / "show" / "projects" / "b.redub")
    assert (loaded.clip, loaded.voice) == (str(tmp_path / "show/clip.mp4"), str(tmp_path / "show/voice.wav"))


def test_weights_by_name_and_by_file(file: Path) -> None:
    for weights in ("radio-starter", str(file.parent / "mine"), str(file.parent / "mine.safetensors"), "/w/far"):
        save_project(Project(weights=weights), file)
        assert load_project(file).weights == weights


def test_earlier_versions_are_kept_and_can_be_opened(file: Path) -> None:
    for number in range(8):
        save_project(Project(clip=str(file.parent / f"{number}.mp4")), file, backups=3)
    assert [Path(load_project(one).clip).stem for one in (file, *backups_of(file))] == ["7", "6", "5", "4"]
    assert len(list(file.parent.iterdir())) == 4
    save_project(load_project(file), file, backups=3)
    assert Path(load_project(backups_of(file)[0]).clip).stem == "6", "nothing changed: no version is pushed out"


def test_no_backups_if_none_are_wanted(file: Path) -> None:
    for number in range(3):
        save_project(Project(clip=f"/{number}.mp4"), file, backups=0)
    assert [one.name for one in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("links", [True, False])
def test_backups_with_and_without_hard_links(file: Path, links: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "no hard links here")

    if not links:
        monkeypatch.setattr(os, "link", refuse)
    save_project(Project(clip="/1.mp4"), file)
    save_project(Project(clip="/2.mp4"), file)
    assert [load_project(one).clip for one in (file, *backups_of(file))] == ["/2.mp4", "/1.mp4"]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(file: Path) -> None:
    save_project(PROJECT, file)
    before = file.read_bytes()
    with full_disk(100), pytest.raises(UserError, match=r'There is no space for ".*a film\.redub": free some'):
        save_project(replace(PROJECT, fit="hold"), file)
    assert file.read_bytes() == before
    assert [one.name for one in file.parent.iterdir()] == [file.name]


@pytest.mark.skipif(not Path("/sys").is_dir(), reason="needs a folder that not even root may write to")
def test_a_folder_that_cannot_be_written_to() -> None:
    with pytest.raises(UserError, match=r'"/sys/x\.redub" cannot be written'):
        save_project(PROJECT, Path("/sys/x.redub"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_write_protection_is_respected(file: Path) -> None:
    save_project(PROJECT, file)
    file.chmod(0o444)
    with pytest.raises(UserError, match="write-protected"):
        save_project(Project(), file)
    assert load_project(file) == PROJECT
    file.chmod(0o644)
    file.parent.chmod(0o555)
    with pytest.raises(UserError, match="cannot be written"):
        save_project(Project(), file)
    file.parent.chmod(0o755)
    assert load_project(file) == PROJECT


def test_no_such_folder_and_a_folder_of_that_name(file: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        save_project(PROJECT, file.parent / "x" / "a.redub")
    with pytest.raises(UserError, match="is a folder"):
        save_project(PROJECT, file.parent)


def test_permissions_and_links_survive(file: Path) -> None:
    save_project(PROJECT, file)
    file.chmod(0o640)
    link = file.with_name("link.redub")
    link.symlink_to(file.name)
    save_project(Project(fit="hold"), link)
    assert link.is_symlink() and load_project(file) == load_project(link) == Project(fit="hold")
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_program_that_dies_while_saving_leaves_the_old_file(file: Path) -> None:
    save_project(PROJECT, file)
    code = """
import os, sys
from pathlib import Path
from app.core.project import Project
from app.engine.files.project_file import save_project
Path.replace = lambda *_: os._exit(9)
save_project(Project(fit="hold"), Path(sys.argv[1]), backups=0)
"""
    died = subprocess.run([sys.executable, "-c", code, str(file)], check=False)
    assert died.returncode == 9
    assert load_project(file) == PROJECT


def test_names_that_are_no_text_are_said(file: Path) -> None:
    with pytest.raises(UserError, match="not text"):
        save_project(Project(clip=os.fsdecode(b"/films/\xff.mp4")), file)


def test_a_view_lost_in_infinity_does_not_make_the_project_unreadable(file: Path) -> None:
    save_project(replace(PROJECT, view=View(zoom=float("nan"))), file)
    assert load_project(file) == PROJECT


def whole() -> dict[str, Any]:
    return json.loads(encode_project(PROJECT, None))


def changed(**fields: Any) -> dict[str, Any]:
    raw = whole()
    return raw | {"project": raw["project"] | fields}


SPAN = {"start": "1/1", "stop": "2/1"}
DAMAGED: dict[str, bytes | dict[str, Any]] = {
    "nothing": b"",
    "blanks": b" \n",
    "half of it": encode_project(PROJECT, None)[:300],
    "no text": b"\x00\x01\xff\xfe" * 50,
    "deep": b"[" * 100_000,
    "no project": {"format": 1},
    "a list for a project": {"format": 1, "project": []},
    "a float for a time": changed(offset=0.5),
    "a division by nought": changed(offset="1/0"),
    "a number of endless length": changed(offset="1e999999999"),
    "a wrong choice": changed(fit="stretch"),
    "a wrong type": changed(clip=5),
    "a range backwards": changed(segments=[{"range": {"start": "2/1", "stop": "1/1"}}]),
    "overlapping segments": changed(segments=[{"range": SPAN}, {"range": SPAN}]),
    "no number": changed(segments=[{"range": SPAN, "feather": float("nan")}]),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_files_are_refused_in_a_sentence(file: Path, name: str) -> None:
    content = DAMAGED[name]
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    with pytest.raises(UserError, match=r'^"[^"]*a film\.redub" is damaged \([^\n]+\): open a copy of it\.$'):
        load_project(file)


def test_a_damaged_file_names_its_backup(file: Path) -> None:
    save_project(PROJECT, file)
    save_project(Project(), file)
    file.write_bytes(b"{")
    with pytest.raises(UserError, match=r'open its backup "a film\.redub1" instead'):
        load_project(file)
    assert load_project(file.with_name("a film.redub1")) == PROJECT


@pytest.mark.parametrize(
    "content", [b"[]", b"5", b'"x"', b"{}", b'{"format": "1"}', b'{"format": true}', b'{"format": 0}']
)
def test_other_json_is_no_project(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(UserError, match=r"is not a Redub project \(.+\): choose"):
        load_project(file)


def test_a_newer_format_is_refused(file: Path) -> None:
    file.write_text(json.dumps(whole() | {"format": FORMAT + 1}))
    with pytest.raises(UserError, match=rf"newer Redub \(format {FORMAT + 1}; this one knows up to {FORMAT}\): update"):
        load_project(file)


def test_what_is_not_there_or_no_file_or_too_large(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="does not exist"):
        load_project(file)
    with pytest.raises(UserError, match="it is a folder"):
        load_project(file.parent)
    save_project(PROJECT, file)
    monkeypatch.setattr(project_file, "LARGEST", 100)
    with pytest.raises(UserError, match="too large"):
        load_project(file)


@settings(max_examples=40)
@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(lambda x: json.dumps(x).encode())
)
def test_any_bytes_give_a_project_or_a_sentence(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.redub"
    file.write_bytes(content)
    with pytest.raises(UserError, match=r"(?s)\.$"):
        load_project(file)


@settings(max_examples=60)
@given(st.data())
def test_a_file_with_one_wrong_byte_gives_a_project_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(encode_project(PROJECT, None))
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    file = tmp_path_factory.getbasetemp() / "wrong.redub"
    file.write_bytes(content)
    try:
        assert isinstance(load_project(file), Project)
    except UserError as error:
        assert str(error).endswith(".")


def test_a_file_that_windows_edited(file: Path) -> None:
    save_project(PROJECT, file)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert load_project(file) == PROJECT


def test_fields_of_nobody_are_passed_over_and_missing_ones_have_defaults(file: Path) -> None:
    file.write_text(json.dumps({"format": FORMAT, "project": {"segments": [{"range": SPAN}], "fashion": 1}}))
    assert load_project(file) == Project(segments=(Segment(TimeRange(Fraction(1), Fraction(2)), id=1),))


def test_projects_from_before_there_were_speakers_are_opened(file: Path) -> None:
    file.write_text(json.dumps({"format": 1, "project": {"segments": [{"range": SPAN, "name": "a"}]}}))
    (segment,) = load_project(file).segments or ()
    assert (segment.name, segment.speaker) == ("a", "")


def test_older_formats_are_led_through_every_format_between() -> None:
    steps = {
        1: lambda raw: {**raw, "project": {"clip": raw["movie"]}},
        2: lambda raw: {**raw, "project": {**raw["project"], "fit": "hold"}},
    }
    old = {"format": 1, "movie": "a.mp4"}
    assert migrate(old, steps, 3) == {"format": 3, "movie": "a.mp4", "project": {"clip": "a.mp4", "fit": "hold"}}
    assert old == {"format": 1, "movie": "a.mp4"}
    assert migrate({"format": 2, "project": {}}, steps, 3)["project"] == {"fit": "hold"}


def test_a_file_of_an_older_format_is_opened(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_file, "FORMAT", 2)
    monkeypatch.setattr(
        project_file, "MIGRATIONS", {1: lambda raw: {**raw, "project": raw["project"] | {"fit": "hold"}}}
    )
    file.write_text(json.dumps(whole() | {"format": 1}))
    assert load_project(file) == replace(PROJECT, fit="hold")
    file.write_text(json.dumps(whole() | {"format": 0}))
    with pytest.raises(UserError, match="there is no format 0"):
        load_project(file)


def test_missing_media_and_their_contents(tmp_path: Path) -> None:
    clip = tmp_path / "a.mp4"
    clip.write_bytes(b"film")
    sha256 = hashlib.sha256(b"film").hexdigest()
    assert missing_media(Project()) == ()
    assert missing_media(Project(clip=str(clip), voice=str(tmp_path / "v.wav"))) == ("voice",)
    assert missing_media(Project(clip=str(tmp_path), voice="v\0.wav")) == ("clip", "voice")
    assert matches(clip, sha256) and matches(clip, "") and not matches(clip, "0" * 64)
    with pytest.raises(UserError, match="does not exist"):
        matches(tmp_path / "v.wav", sha256)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such pipes")
def test_a_pipe_is_no_project(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.redub")
    with pytest.raises(UserError, match="a pipe or a device"):
        load_project(tmp_path / "a.redub")


def test_takes_near_the_project_move_with_it_and_missing_ones_are_told(file: Path, tmp_path: Path) -> None:
    takes = tuple(Take(str(tmp_path / "show" / name), Fraction(1)) for name in ("a.wav", "b.wav"))
    segments = (replace((PROJECT.segments or ())[0], takes=takes, take=1),)
    save_project(replace(PROJECT, segments=segments), file)
    assert [take["path"] for take in stored(file)["project"]["segments"][0]["takes"]] == ["../a.wav", "../b.wav"]
    shutil.move(tmp_path / "show", tmp_path / "moved")
    loaded = load_project(tmp_path / "moved" / "projects" / file.name)
    assert missing_takes(loaded) == (str(tmp_path / "moved" / "b.wav"),), "the one that is heard"
