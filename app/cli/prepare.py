"""`prepare`: clips of a catalogue, and puppets, as aligned crops and mel windows for training."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from app.cli.options import ProgressLine, Verbs, add_detector_option, make_folder, say
from app.core.errors import FaceError, MediaError, UserError
from app.engine.evaluation.prepare import TrainingClip, is_prepared, prepare_clip, read_catalogue
from app.engine.evaluation.prepare_portraits import prepare_portraits, read_portraits
from app.engine.evaluation.prepare_speech import make_aligner, prepare_speech, read_speech_catalogue
from app.engine.faces.mesh_detector import DepthDetector
from app.engine.media.audio import network_audio
from app.engine.media.reader import VideoReader
from app.engine.ports import LandmarkDetector
from app.engine.puppet.clip import speak_for_puppet, write_puppet_clip
from app.engine.puppet.sentences import training_sentences
from app.engine.puppet.style import PuppetStyle
from app.engine.sound.listener import Listener
from app.wiring import cache_folder, make_detector, make_eyes, make_speech_listener

PUPPET_LICENCE = "MIT (made by Redub; portrait: NASA, public domain)"


def add_parser(verbs: Verbs) -> None:
    """Adds the verb `prepare` and its options to the command line."""
    parser = verbs.add_parser("prepare", help="prepare clips for training", description=__doc__)
    parser.add_argument("catalogue", type=Path, nargs="?", help="CSV with the columns file, licence, speaker")
    parser.add_argument("--out", type=Path, default=Path("data/clips"), metavar="DIR", help="default: %(default)s")
    parser.add_argument("--puppets", type=int, default=0, metavar="N", help="also make N puppet sentences (espeak-ng)")
    parser.add_argument(
        "--speech",
        type=Path,
        metavar="CSV",
        help="also align read English speech of 16 kHz (needs the extra `train`) into DIR/speech: a catalogue with the "
        "columns file, licence, speaker_id, corpus, language and transcript",
    )
    parser.add_argument(
        "--portraits",
        type=Path,
        metavar="DIR",
        help="also prepare portraits for synthetic speakers into DIR/portraits: a folder of pictures, with a "
        "catalog.csv (file, licence, person, tier) if it has one",
    )
    parser.add_argument(
        "--hear",
        default="whisper-base",
        metavar="NAME",
        help='the speech encoder whose features are stored beside mel windows, or "none"; default: %(default)s',
    )
    parser.add_argument("--size", type=int, default=128, help="side of the crops in pixels; default: %(default)s")
    parser.add_argument("--seed", type=int, default=7, help="of the puppets; default: %(default)s")
    add_detector_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Runs the verb; what is prepared already is left as it is. Exit code 1 where a clip had to be left out."""
    others = options.speech, options.portraits
    if options.catalogue is None and options.puppets == 0 and not any(others):
        raise UserError(
            "there is nothing to prepare: give a catalogue of clips, --puppets N, --portraits DIR or --speech CSV."
        )
    if options.speech is not None:
        _prepare_speech(options.speech, options.out)
    if options.portraits is not None:
        _prepare_portraits(options.portraits, options.out, options.size)
    if options.catalogue is None and options.puppets == 0:
        return 0
    return _prepare_clips(options)


def _prepare_speech(catalogue: Path, out: Path) -> None:
    """Aligns a catalogue of speech; what cannot be used is named."""
    utterances, others = read_speech_catalogue(catalogue)
    make_folder(out)
    if others:
        say(f"{catalogue}: {others} rows have no English transcript and are left out.")
    line = ProgressLine("sentences")
    try:
        done = prepare_speech(
            utterances, out, make_aligner(), say, lambda count: line("aligning speech", count, len(utterances))
        )
    finally:
        line.close()
    say(f"{out}: {done} sentences are prepared, {len(utterances) - done} were left out.")


def _prepare_portraits(folder: Path, out: Path, size: int) -> None:
    """Finds the faces of a folder of portraits; what cannot be used is named."""
    portraits = read_portraits(folder)
    make_folder(out)
    detector, line = DepthDetector(make_eyes()), ProgressLine("portraits")
    try:
        done = prepare_portraits(
            portraits, out, size, detector, say, lambda count: line("preparing portraits", count, len(portraits))
        )
    finally:
        line.close()
    say(f"{out}: {done} portraits are prepared, {len(portraits) - done} were left out.")


def _prepare_clips(options: argparse.Namespace) -> int:
    """Prepares clips and puppets."""
    clips = read_catalogue(options.catalogue) if options.catalogue is not None else []
    make_folder(options.out)
    listener = make_speech_listener(options.hear) if options.hear != "none" else None
    detector, line, left_out = make_detector(options.detector, max_faces=1), ProgressLine("clips"), 0
    total = len(clips) + options.puppets
    try:
        for done, clip in enumerate(clips):
            left_out += not _prepare(clip, options.out, options.size, detector, listener)
            line("preparing clips", done + 1, total)
        for number, sentence in enumerate(training_sentences(options.puppets, options.seed)):
            name = f"puppet-{options.seed}-{number:03d}"
            if not is_prepared(options.out / name, listener is not None):
                with tempfile.TemporaryDirectory(prefix="redub-") as folder:
                    file = Path(folder) / f"{name}.mp4"
                    write_puppet_clip(speak_for_puppet(sentence), file, style=PuppetStyle(number + 1))
                    clip = TrainingClip(file, "puppet", PUPPET_LICENCE, False)
                    _prepare(clip, options.out, options.size, detector, listener)
            line("preparing puppets", len(clips) + number + 1, total)
    finally:
        detector.close()
        line.close()
    say(f"{options.out}: {total - left_out} clips are prepared, {left_out} were left out.")
    return 1 if left_out else 0


def _prepare(clip: TrainingClip, out: Path, size: int, detector: LandmarkDetector, listener: Listener | None) -> bool:
    """Prepares one clip unless it is there; False where it cannot be used (no sound, few faces), which is said."""
    folder = out / clip.name
    if is_prepared(folder, listener is not None):
        return True
    try:
        sound = network_audio(clip.file, cache_folder() / "sound")
        with VideoReader(clip.file) as reader:
            frames = ((f.time, f.rgb()) for f in reader.frames())
            prepare_clip(clip, frames, reader.info.duration, sound, detector, folder, size, listener)
    except (FaceError, MediaError) as error:
        say(str(error))
        return False
    return True
