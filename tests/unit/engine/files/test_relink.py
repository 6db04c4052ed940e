"""Finding media again: real small sounds and clips in real folders."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.core.errors import Cancelled, MediaError
from app.engine.files.relink import Wanted, look_at, search
from app.engine.progress import CancelToken


def write_sound(file: Path, seed: int) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).uniform(-0.1, 0.1, 800)
    soundfile.write(file, noise, 8000)
    return file


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.fixture
def voice(tmp_path: Path) -> Path:
    return write_sound(tmp_path / "old" / "anna.wav", 1)


def wanted(voice: Path, known: bool = True) -> Wanted:
    return Wanted("voice", voice, sha256(voice) if known else "")


def test_the_same_name_and_content_far_below(voice: Path, tmp_path: Path) -> None:
    asked = wanted(voice)
    write_sound(tmp_path / "new" / "a" / "anna.wav", 2)
    moved = shutil.move(voice, (tmp_path / "new" / "b" / "c").mkdir(parents=True) or tmp_path / "new" / "b" / "c")
    (found,) = search(tmp_path / "new", [asked]).found
    assert (found.path, found.sha256, found.same) == (Path(moved), asked.sha256, True)


def test_a_renamed_file_is_known_by_its_content(voice: Path, tmp_path: Path) -> None:
    asked = wanted(voice)
    write_sound(tmp_path / "old" / "berta.wav", 2)
    voice.rename(voice.with_name("Anna final FINAL.WAV"))
    (found,) = search(tmp_path, [asked]).found
    assert (found.path.name, found.same) == ("Anna final FINAL.WAV", True)


def test_the_same_name_with_other_content_is_told_apart(voice: Path, tmp_path: Path) -> None:
    asked = wanted(voice)
    other = write_sound(voice, 2)
    (found,) = search(tmp_path, [asked]).found
    assert (found.path, found.sha256, found.same) == (other, sha256(other), False)


def test_without_a_hash_the_name_must_do(voice: Path, tmp_path: Path) -> None:
    asked = wanted(voice, known=False)
    write_sound(tmp_path / "old" / "Another.wav", 2)
    (found,) = search(tmp_path, [asked]).found
    assert (found.path, found.same) == (voice, True)
    voice.unlink()
    assert search(tmp_path, [asked]).found == ()


def test_a_file_of_the_name_that_holds_no_sound_is_passed_over(voice: Path, tmp_path: Path) -> None:
    asked = wanted(voice)
    voice.write_text("no sound")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "anna.wav").touch()
    result = search(tmp_path, [asked])
    assert result.found == () and (result.looked_at, result.unreadable) == (1, 1)


def test_pipes_links_in_a_circle_and_missing_folders_do_no_harm(voice: Path, tmp_path: Path) -> None:
    asked = wanted(voice)
    voice.unlink()
    os.mkfifo(voice)
    (tmp_path / "old" / "loop").symlink_to(tmp_path / "old")
    (tmp_path / "old" / "gone.wav").symlink_to(tmp_path / "nowhere.wav")
    assert search(tmp_path, [asked]).found == ()
    assert search(tmp_path / "nowhere", [asked]).unreadable == 1


def test_beside_a_file_only_the_name_counts(voice: Path, tmp_path: Path) -> None:
    asked = wanted(voice)
    assert search(tmp_path / "old", [asked], deep=False).found[0].path == voice
    assert search(tmp_path, [asked], deep=False).found == ()
    voice.rename(voice.with_name("berta.wav"))
    assert search(tmp_path / "old", [asked], deep=False).found == ()


def test_progress_and_stopping(voice: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    asked = wanted(voice)
    search(tmp_path, [asked], lambda *step: told.append(step))
    assert ("comparing", 0, 1) in told and told[0][0] == "listing"
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        search(tmp_path, [asked], cancel=token)
    with pytest.raises(Cancelled):
        look_at(voice, asked, token)


def test_looking_at_a_file(voice: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = wanted(voice)
    assert look_at(voice, asked).same
    other = write_sound(tmp_path / "b.wav", 2)
    assert not look_at(other, asked).same
    assert look_at(other, wanted(voice, known=False)).same
    monkeypatch.chdir(tmp_path)
    assert look_at(Path("b.wav"), asked).path == other
    with pytest.raises(MediaError, match=r"picture|video"):
        look_at(voice, Wanted("clip", voice, asked.sha256))
    with pytest.raises(MediaError, match="does not exist"):
        look_at(tmp_path / "gone.wav", asked)
