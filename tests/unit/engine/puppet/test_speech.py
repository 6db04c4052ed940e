"""Voices: what espeak says and what is committed."""

from __future__ import annotations

import ctypes.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.core.errors import MediaError, UserError
from app.engine.puppet import espeak
from app.engine.puppet.espeak import VoiceSettings, speak
from app.engine.puppet.make_voices import main
from app.engine.puppet.sentences import SENTENCE_A, SENTENCE_B, training_sentences
from app.engine.puppet.speech import load_voice, padded, save_voice


@pytest.mark.parametrize(("name", "text"), [("a", SENTENCE_A), ("b", SENTENCE_B)])
def test_committed_voices_are_whole_and_rich(name: str, text: str) -> None:
    voice = load_voice(name)
    timing = voice.timing
    assert timing.text == text
    assert timing.sample_rate == 22050
    assert 5 <= voice.duration <= 7
    assert 0.3 < np.abs(voice.samples).max() <= 1
    ends = [item.end for item in timing.phonemes]
    starts = [item.start for item in timing.phonemes[1:]]
    gaps = np.subtract(starts, ends[:-1])
    assert gaps.min() > -1e-3
    assert ends[-1] == pytest.approx(voice.duration, abs=1e-3)
    said = {item.phoneme for item in timing.phonemes}
    assert said & {"p", "b"}
    assert {"m", "f", "v", "u:"} <= said
    assert said & {"i:", "i"}
    assert said & {"A:", "a", "aI"}


def test_sound_and_phonemes_go_together() -> None:
    speech = speak("Papa, mama.", VoiceSettings("en-us", 50, 130))
    assert speech.samples.dtype == np.float32
    assert [p.phoneme for p in speech.timing.phonemes if p.phoneme in "pm"] == ["p", "p", "m", "m"]
    rate = speech.timing.sample_rate

    def loudness(begin: float, end: float) -> float:
        return float(np.sqrt(np.mean(speech.samples[int(begin * rate) : int(end * rate)] ** 2)))

    vowels = [p for p in speech.timing.phonemes if p.phoneme[0] in "aA0@" and p.duration > 0.06]
    stops = [p for p in speech.timing.phonemes if p.phoneme == "_" and p.duration > 0.1]
    assert min(loudness(p.start, p.end) for p in vowels) > 4 * max(loudness(p.start + 0.03, p.end) for p in stops)


def _spoken_in_a_fresh_process() -> str:
    code = (
        "import hashlib; from app.engine.puppet.espeak import speak\n"
        "speak('First of all.'); s = speak('Five blue boats.')\n"
        "print(hashlib.sha256(s.samples.tobytes()).hexdigest(), s.timing)"
    )
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_the_same_sentences_in_a_fresh_process_give_the_same_samples() -> None:
    assert _spoken_in_a_fresh_process() == _spoken_in_a_fresh_process() != ""


def test_padding_moves_everything() -> None:
    plain = speak("Hello.")
    longer = padded(plain, 0.5, 0.25)
    assert longer.duration == pytest.approx(plain.duration + 0.75, abs=1e-4)
    assert longer.timing.phonemes[1].start == pytest.approx(plain.timing.phonemes[0].start + 0.5, abs=1e-4)
    assert not longer.samples[:11000].any()


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    speech = speak("A boat.")
    save_voice(speech, "v", tmp_path)
    loaded = load_voice("v", tmp_path)
    assert loaded.timing == speech.timing
    assert np.abs(loaded.samples - speech.samples).max() <= 1 / 32768


def test_damaged_and_missing_voices_are_named(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"v\.json cannot be read"):
        load_voice("v", tmp_path)
    save_voice(speak("A boat."), "v", tmp_path)
    (tmp_path / "v.flac").write_bytes(b"no sound")
    with pytest.raises(MediaError, match=r"v\.flac cannot be read"):
        load_voice("v", tmp_path)


def test_an_unknown_voice_is_named() -> None:
    with pytest.raises(UserError, match="no voice 'xx-none'"):
        speak("Hello.", VoiceSettings("xx-none"))


def test_a_missing_library_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes.util, "find_library", lambda _name: "libnot-there.so.9")
    espeak._library.cache_clear()
    with pytest.raises(UserError, match="Debian package espeak-ng"):
        speak("Hello.")
    espeak._library.cache_clear()


def test_the_command_makes_both_voices(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--out", str(tmp_path)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.flac", "a.json", "b.flac", "b.json"]
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_training_sentences_are_many_different_and_repeatable() -> None:
    found = training_sentences(300, seed=1)
    texts = [item.text for item in found]
    assert len(set(texts)) == 300
    assert found == training_sentences(300, seed=1)
    assert found != training_sentences(300, seed=2)
    assert not {SENTENCE_A, SENTENCE_B} & set(texts)
    assert len({item.voice.voice for item in found}) > 40


def test_training_voices_exist() -> None:
    for voice in sorted({item.voice.voice for item in training_sentences(200, seed=3)}):
        assert speak("Boat.", VoiceSettings(voice)).duration > 0.2
