"""The export dialog on a small real clip and voice."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QMessageBox, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from app.core.errors import UserError
from app.core.project import Project, Segment
from app.core.settings import Settings
from app.core.timebase import TimeRange
from app.engine.dub.report import FitCheck
from app.engine.export.export_choices import ExportChoices
from app.engine.export.export_presets import ExportPreset, load_presets
from app.engine.faces.analysis import FaceAnalysis
from app.engine.media.clip import Clip, Voice, open_clip, open_voice
from app.engine.media.encoders import EncoderCheck, EncoderSettings, known_encoder, settings_for
from app.engine.provenance.statement import Statement
from app.ui.dialogs.export.dialog import ExportDialog
from app.ui.session import Session
from tests.unit.engine.media.synth import ClipRecipe, make_clip, make_wav

S = Fraction
HARDWARE = "h264_nvenc"


@pytest.fixture(autouse=True)
def checks(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bool]]:
    """What the encoders of this machine are: it may have any, so the test says which work."""
    works = {HARDWARE: True}

    def check(name: str) -> EncoderCheck:
        return EncoderCheck(name, True, works.get(name, False), "" if works.get(name) else "no device")

    monkeypatch.setattr("app.ui.dialogs.export.dialog.known_encoder", check)
    yield works
    known_encoder.cache_clear()


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clip, Voice]:
    """A clip of 2 s and a voice of 3 s."""
    folder = tmp_path_factory.mktemp("media")
    recipe = ClipRecipe(pts=[i * 512 for i in range(50)], size=(320, 192), sound=True)
    clip = open_clip(make_clip(folder / "film.mp4", recipe))
    return clip, open_voice(make_wav(folder / "anna.wav", np.zeros(3 * 48000, np.float32)))


@pytest.fixture
def session(qtbot: QtBot, media: tuple[Clip, Voice]) -> Session:
    """With a segment from 0.4 to 1.2 s."""
    clip, voice = media
    made = Session()
    segment = Segment(TimeRange(S(2, 5), S(6, 5)), id=1)
    made.open(Project(clip.path, voice.path, segments=(segment,)), None)
    made.set_clip(clip)
    made.set_voice(voice)
    return made


def _open(qtbot: QtBot, session: Session, folder: Path, **more: object) -> ExportDialog:
    choices = more.pop("choices", ExportChoices(folder=str(folder), template="{clip}_{preset}"))
    dialog = ExportDialog(session, Settings(), choices, **more)  # type: ignore[arg-type]
    qtbot.addWidget(dialog)
    dialog.show()
    text = dialog.findChild(QLabel, "export_encoder_text")
    qtbot.waitUntil(lambda: "being tried" not in text.text(), timeout=10_000)
    return dialog


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def _combo(dialog: ExportDialog, name: str) -> QComboBox:
    found = dialog.findChild(QComboBox, f"export_{name}")
    assert isinstance(found, QComboBox)
    return found


def _choose(dialog: ExportDialog, name: str, value: str) -> None:
    combo = _combo(dialog, name)
    combo.setCurrentIndex(combo.findData(value))


def _text(dialog: ExportDialog, name: str) -> str:
    found = dialog.findChild(QLabel, f"export_{name}")
    assert isinstance(found, QLabel)
    return found.text()


def _type(dialog: ExportDialog, name: str, text: str) -> None:
    field = dialog.findChild(QLineEdit, f"export_{name}")
    assert isinstance(field, QLineEdit)
    field.setText(text)


def _button(dialog: ExportDialog) -> QPushButton:
    found = dialog.findChild(QPushButton, "export_start")
    assert isinstance(found, QPushButton)
    return found


def _start(qtbot: QtBot, dialog: ExportDialog) -> None:
    qtbot.mouseClick(_button(dialog), Qt.MouseButton.LeftButton)


def _lines(dialog: ExportDialog) -> list[str]:
    return [text for _, text in dialog._notes.lines]


def _answer(dialog: ExportDialog, wanted: str) -> None:
    def click() -> None:
        box = dialog.findChild(QMessageBox, "export_overwrite")
        if box is None or not box.isVisible():
            QTimer.singleShot(10, dialog, click)
            return
        next(button for button in box.buttons() if wanted in button.text()).click()

    QTimer.singleShot(0, dialog, click)


def test_the_usual_export(qtbot: QtBot, session: Session, out: Path) -> None:
    dialog = _open(qtbot, session, out)
    assert _text(dialog, "rate") == "25 fps, as the clip" and _text(dialog, "example") == "→ film_h264.mp4"
    assert "about 1" in _text(dialog, "size") and "50 frames, 0:02" in _text(dialog, "size")
    _start(qtbot, dialog)
    assert not dialog.isVisible()
    request = dialog.request()
    assert (request.target, request.span, request.overwrite) == (out / "film_h264.mp4", None, False)
    assert dialog.choices.preset == "h264"
    assert request.encoder == EncoderSettings() and request.project == session.project
    assert not session.modified  # nothing was edited


def test_without_an_export_there_is_no_request(qtbot: QtBot, session: Session, out: Path) -> None:
    dialog = _open(qtbot, session, out)
    dialog.reject()
    with pytest.raises(RuntimeError):
        dialog.request()


def test_a_finishing_preset_changes_all_that_hangs_on_it(qtbot: QtBot, session: Session, out: Path) -> None:
    dialog = _open(qtbot, session, out)
    _choose(dialog, "preset", "prores")
    assert _text(dialog, "example") == "→ film_prores.mov" and _text(dialog, "quality_text") == "fixed by the format"
    assert not dialog.findChild(QSpinBox, "export_quality").isEnabled() and not _combo(dialog, "container").isEnabled()
    _start(qtbot, dialog)
    assert dialog.request().encoder == settings_for("prores_ks")
    assert dialog.choices == ExportChoices("prores", ".mov", "prores_ks", None, str(out), "{clip}_{preset}")


def test_hardware_can_be_chosen_only_where_it_worked(qtbot: QtBot, session: Session, out: Path) -> None:
    dialog = _open(qtbot, session, out)
    encoder = _combo(dialog, "encoder")
    model = encoder.model()
    assert isinstance(model, QStandardItemModel)
    enabled = {encoder.itemData(row): model.item(row).isEnabled() for row in range(encoder.count())}
    assert enabled.pop("libx264") and enabled.pop(HARDWARE) and not any(enabled.values())
    reason = encoder.itemData(encoder.findData("h264_qsv"), Qt.ItemDataRole.ToolTipRole)
    assert "no device" in reason and "1 hardware encoder on" in _text(dialog, "encoder_text")
    _choose(dialog, "encoder", HARDWARE)
    dialog.findChild(QSpinBox, "export_quality").setValue(21)
    _start(qtbot, dialog)
    assert dialog.request().encoder == EncoderSettings(HARDWARE, 21)


@pytest.mark.parametrize("there", [True, False])
def test_the_encoder_of_last_time_comes_back_if_it_works(
    qtbot: QtBot, session: Session, out: Path, checks: dict[str, bool], there: bool
) -> None:
    checks[HARDWARE] = there
    choices = ExportChoices("h264", ".mov", HARDWARE, 20, str(out), "{clip}")
    dialog = _open(qtbot, session, out, choices=choices)
    assert _combo(dialog, "encoder").currentData() == (HARDWARE if there else "libx264")
    assert dialog.findChild(QSpinBox, "export_quality").value() == 20
    assert _text(dialog, "example") == "→ film.mov"


def test_a_preset_of_one_s_own_says_what_is_usual(qtbot: QtBot, session: Session, out: Path) -> None:
    own = ExportPreset(
        name="review", title="Review", codec="h264", container=".mov", encoder=HARDWARE, quality=28, order=0
    )
    dialog = _open(qtbot, session, out, presets=(own, *load_presets()))
    _choose(dialog, "preset", "review")
    assert _text(dialog, "example") == "→ film_review.mov" and _combo(dialog, "encoder").currentData() == HARDWARE
    _start(qtbot, dialog)
    assert dialog.request().encoder == EncoderSettings(HARDWARE, 28)


def test_a_preset_that_is_gone_becomes_the_default(qtbot: QtBot, session: Session, out: Path) -> None:
    choices = ExportChoices("gone", ".mov", "libx265", 20, str(out), "{clip}_{preset}")
    dialog = _open(qtbot, session, out, choices=choices)
    assert _text(dialog, "example") == "→ film_h264.mov" and _combo(dialog, "encoder").currentData() == "libx264"


def test_an_encoder_chosen_while_hardware_is_tried_stays(qtbot: QtBot, session: Session, out: Path) -> None:
    dialog = ExportDialog(session, Settings(), ExportChoices("hevc", codec="hevc_nvenc", folder=str(out)))
    qtbot.addWidget(dialog)
    _choose(dialog, "preset", "h264")
    dialog._format.set_checks([EncoderCheck(HARDWARE, True, True, ""), EncoderCheck("hevc_nvenc", True, True, "")])
    assert _combo(dialog, "encoder").currentData() == "libx264"
    _choose(dialog, "encoder", HARDWARE)
    dialog._format.set_checks([EncoderCheck(HARDWARE, True, True, "")])
    assert _combo(dialog, "encoder").currentData() == HARDWARE


def test_ranges(qtbot: QtBot, session: Session, out: Path) -> None:
    session.apply("mark", replace(session.project, mark_in=S(1, 5), mark_out=S(1)))
    session.select(1)
    dialog = _open(qtbot, session, out)
    assert _combo(dialog, "range").currentText() == "In to out: 00:00:00:05 to 00:00:01:00"
    assert "20 frames" in _text(dialog, "size")
    _choose(dialog, "range", "segment")
    _start(qtbot, dialog)
    assert dialog.request().span == TimeRange(S(2, 5), S(6, 5))


def test_ranges_that_are_not_there_cannot_be_chosen(qtbot: QtBot, session: Session, out: Path) -> None:
    dialog = _open(qtbot, session, out)
    combo = _combo(dialog, "range")
    model = combo.model()
    assert isinstance(model, QStandardItemModel)
    assert [model.item(row).isEnabled() for row in range(3)] == [True, False, False]
    assert combo.currentData() == "whole"


def test_a_changed_sound_is_a_step_of_undoing(qtbot: QtBot, session: Session, out: Path) -> None:
    dialog = _open(qtbot, session, out)
    _choose(dialog, "original", "duck")
    _choose(dialog, "fit", "hold")
    assert session.project.original_audio == "drop"
    _start(qtbot, dialog)
    project = dialog.request().project
    assert (project.original_audio, project.fit) == ("duck", "hold") and session.project == project
    session.undo_stack.undo()
    assert session.project.original_audio == "drop"


def test_what_to_know_is_told(qtbot: QtBot, session: Session, out: Path) -> None:
    session.set_fits({0: FitCheck(3.0, 2.0, "The weights fit this face (+3.0 dB).")})
    dialog = _open(qtbot, session, out)
    said = " ".join(_lines(dialog))
    assert "its last 1.80 s are cut" in said and "have not been found yet" in said and "fit this face" in said
    session.set_analysis(FaceAnalysis((320, 192), tuple(S(i, 25) for i in range(50)), (), (), "fake", "1"))
    dialog.refresh()
    assert any("without the face (0.80 s" in line for line in _lines(dialog))


def test_weights_that_do_not_know_the_face_are_told_before_the_export(
    qtbot: QtBot, session: Session, out: Path
) -> None:
    session.set_analysis(FaceAnalysis((320, 192), tuple(S(i, 25) for i in range(50)), (), (), "fake", "1"))
    dialog = _open(qtbot, session, out)
    assert any("not known yet: it is being checked" in line for line in _lines(dialog))
    session.set_fits({0: FitCheck(1.0, 4.0, "The weights do not know this face well.")})
    assert ("warning", "The weights do not know this face well.") in dialog._notes.lines
    assert "Ready to export." not in _lines(dialog) and not any("being checked" in line for line in _lines(dialog))
    session.set_fits({0: FitCheck(4.0, 4.0, "The weights fit this face.")})
    assert ("fact", "The weights fit this face.") in dialog._notes.lines


def test_a_range_without_a_segment_stops_it(qtbot: QtBot, session: Session, out: Path) -> None:
    session.apply("mark", replace(session.project, mark_in=S(3, 2)))
    dialog = _open(qtbot, session, out)
    assert not _button(dialog).isEnabled() and "No segment lies in the range" in _lines(dialog)[0]
    _choose(dialog, "range", "whole")
    assert _button(dialog).isEnabled()


@pytest.mark.parametrize(
    ("template", "said"), [("{clop}", 'have no field "{clop}"'), ("", "is empty"), ("{clip", "unmatched")]
)
def test_a_wrong_name_stops_it(qtbot: QtBot, session: Session, out: Path, template: str, said: str) -> None:
    dialog = _open(qtbot, session, out)
    _type(dialog, "template", template)
    assert said in _lines(dialog)[0] and not _button(dialog).isEnabled() and not _text(dialog, "example")


def test_a_wrong_folder_stops_it(qtbot: QtBot, session: Session, out: Path) -> None:
    dialog = _open(qtbot, session, out)
    for folder, said in ((str(out / "none"), "does not exist"), ("here", "written in full"), ("", "No folder")):
        _type(dialog, "folder", folder)
        assert said in _lines(dialog)[0] and not _button(dialog).isEnabled()


def test_a_full_disk_stops_it(qtbot: QtBot, session: Session, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.ui.dialogs.export.facts.free_bytes", lambda _folder: 100)
    dialog = _open(qtbot, session, out)
    assert "100 bytes left" in _lines(dialog)[0] and not _button(dialog).isEnabled()


def test_a_picture_too_small_for_the_format_stops_it(qtbot: QtBot, session: Session, out: Path, tmp_path: Path) -> None:
    session.set_clip(open_clip(make_clip(tmp_path / "small.mp4", ClipRecipe(pts=[i * 512 for i in range(50)]))))
    dialog = _open(qtbot, session, out)
    assert _button(dialog).isEnabled()
    _choose(dialog, "preset", "dnxhr")
    assert "256 x 120" in _lines(dialog)[0] and not _button(dialog).isEnabled()


@pytest.mark.parametrize(
    ("answer", "name", "overwrite"), [("Replace", "film_h264.mp4", True), ("Keep", "film_h264 2.mp4", False)]
)
def test_replacing_is_asked(qtbot: QtBot, session: Session, out: Path, answer: str, name: str, overwrite: bool) -> None:
    (out / "film_h264.mp4").write_bytes(b"before")
    dialog = _open(qtbot, session, out)
    assert "exists already" in _text(dialog, "example")
    _answer(dialog, answer)
    _start(qtbot, dialog)
    assert (dialog.request().target, dialog.request().overwrite) == (out / name, overwrite)
    assert (out / "film_h264.mp4").read_bytes() == b"before"


def test_no_answer_goes_back(qtbot: QtBot, session: Session, out: Path) -> None:
    (out / "film_h264.mp4").touch()
    dialog = _open(qtbot, session, out)
    _answer(dialog, "Cancel")
    _start(qtbot, dialog)
    assert dialog.isVisible()


def test_the_input_is_never_the_output(qtbot: QtBot, session: Session, out: Path) -> None:
    dialog = _open(qtbot, session, out)
    _type(dialog, "folder", str(Path(session.project.clip).parent))
    _type(dialog, "template", "film")
    _answer(dialog, "Replace")
    _start(qtbot, dialog)
    assert dialog.isVisible() and "is the input itself" in _lines(dialog)[0]


def test_a_file_that_a_job_is_writing_is_refused(qtbot: QtBot, session: Session, out: Path) -> None:
    def refuse(target: Path) -> None:
        raise UserError(f'"{target.name}" is being written.')

    dialog = _open(qtbot, session, out, check_target=refuse)
    _start(qtbot, dialog)
    assert dialog.isVisible() and _lines(dialog) == ['"film_h264.mp4" is being written.']


def test_without_media_nothing_can_be_exported(qtbot: QtBot, out: Path) -> None:
    dialog = _open(qtbot, Session(), out)
    assert not _button(dialog).isEnabled() and len(_lines(dialog)) == 2


def test_consent_is_kept_in_the_project_and_declared(qtbot: QtBot, session: Session, tmp_path: Path) -> None:
    """Until somebody writes something else; signing is on unless it is switched off."""
    dialog = _open(qtbot, session, tmp_path)
    field = dialog.findChild(QLineEdit, "export_consent")
    assert field is not None and field.text() == ""
    field.setText(" A. N. Other, by contract ")
    dialog.accept()
    assert session.project.consent == "A. N. Other, by contract"
    assert dialog.request().declared == Statement(consent="A. N. Other, by contract")
    again = _open(qtbot, session, tmp_path)
    sign = again.findChild(QCheckBox, "export_sign")
    assert again.findChild(QLineEdit, "export_consent").text() == session.project.consent  # type: ignore[union-attr]
    assert sign is not None
    sign.setChecked(False)
    again.accept()
    assert not again.request().declared.sign
