"""The thread that renders dubbed frames, attention maps and sources: it alone owns the network and its device."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, QThread, Signal

from app.core.errors import Cancelled, UserError
from app.core.geometry import Similarity
from app.core.project import Project, Segment
from app.core.render_plan import CHUNK, FrameKey
from app.engine.dub.attention_picture import Look
from app.engine.dub.report import FitCheck
from app.engine.dub.source_look import SOURCE, SourceLook
from app.engine.media.clip import Clip
from app.engine.ports import Dubber
from app.engine.preview.frame_cache import FrameCache
from app.engine.preview.render_queue import RenderQueue
from app.engine.preview.render_tasks import AttentionTask, FitTask, IdentifyTask, RenderTask, Sources
from app.engine.preview.segment_render import Rendered, SegmentRenderer
from app.workers.unexpected import unexpected

LONGEST_STEP = 0.25
"""Seconds that the network may work without asking whether its work is still wanted."""


class AttentionResult(msgspec.Struct, frozen=True):
    """Where the patches of one frame looked, or where its pixels come from."""

    segment_id: int
    index: int
    layer: str
    """"5.1" to "6.2", or `SOURCE`."""
    look: Look | None
    """None for sources, and where `problem` says why."""
    similarity: Similarity | None
    """Pixels of the frame to pixels of the crop, whose side is `seen.generated.shape[0]`."""
    problem: str = ""
    """A sentence for the user."""
    sources: SourceLook | None = None
    """In place of `look` where the layer is `SOURCE`."""
    fetches: bool | None = None
    """Whether the network fetches pixels, so that sources can be asked for; None where none could be loaded."""

    @property
    def seen(self) -> Look | SourceLook | None:
        """What there is to show, of either kind."""
        return self.look if self.sources is None else self.sources


class FitResult(msgspec.Struct, frozen=True):
    """How well the weights know the face of a segment."""

    sources: Sources
    segment_id: int
    check: FitCheck


class RenderStatus(msgspec.Struct, frozen=True):
    """What the thread is doing."""

    device: str
    """As `Dubber.device`; empty until the network is loaded."""
    weights: str
    """Name of the loaded weights; likewise."""
    frames_per_second: float
    """Of late; 0 before the first frame."""
    busy: bool
    problem: str = ""
    """A sentence: why nothing can be rendered (weights that are missing, a device without room), or else why rendered
    frames cannot be kept on disk."""


class RenderThread(QThread):
    """Renders what `queue` wants into `cache`. All methods are for the GUI thread and return at once, but for `stop`.

    `make_dubber` is called in the thread, with `Project.weights`, when the first frame is needed. `identify` tells
    what weights of a name hold (their hash), without loading a network; frames are named by it.
    """

    frames_ready = Signal(object)
    """list[FrameKey]: these are in the cache now."""
    state_changed = Signal()
    """Any frame's state: ask `strip` again."""
    attention_ready = Signal(object)
    """AttentionResult."""
    fit_ready = Signal(object)
    """FitResult."""
    failed = Signal(object, str)
    """(list[FrameKey], sentence): these could not be rendered."""
    status = Signal(object)
    """RenderStatus."""

    def __init__(
        self,
        make_dubber: Callable[[str], Dubber],
        cache: FrameCache,
        folder: Path,
        identify: Callable[[str], str],
        parent: QObject | None = None,
    ) -> None:
        """`folder` is where the sound for the network is kept between runs, as the export's `Tools.cache`."""
        super().__init__(parent)
        self.setObjectName("render thread")
        self.cache = cache
        self._make_dubber, self._identify, self._folder = make_dubber, identify, folder
        self.queue = RenderQueue(cache)
        """What is wanted and how far it is: for the GUI thread, at once."""
        self._dubber: Dubber | None = None
        self._weights = ""
        self._renderer: SegmentRenderer | None = None
        self._seconds_per_frame = 0.0
        self._status = RenderStatus("", "", 0.0, busy=False)
        self._problem = ""

    def retry(self) -> None:
        """Tries anew what failed."""
        self._problem = ""
        self.queue.retry()

    def stop(self) -> None:
        """Ends the thread and waits for it: at most for one step of the network, or until it is loaded."""
        self.queue.stop()
        self.wait()

    def run(self) -> None:
        """The thread's own loop."""
        self.cache.open()
        self.state_changed.emit()
        try:
            while (task := self.queue.take(self._tell_idle)) is not None:
                if isinstance(task, IdentifyTask):
                    self._identify_weights(task)
                elif isinstance(task, AttentionTask):
                    self._look(task)
                elif isinstance(task, FitTask):
                    self._check_fit(task)
                else:
                    self._render(task)
        finally:
            if self._renderer is not None:
                self._renderer.close()
            self._renderer = self._dubber = None
            self.cache.flush()

    def _identify_weights(self, task: IdentifyTask) -> None:
        """Finds out the weights' hash, so that frames can be named."""
        self._tell(busy=True)
        try:
            self.queue.identified(task.weights, self._identify(task.weights))
            self._problem = ""
        except UserError as error:
            self._block(str(error), task.weights)
        except Exception as error:
            self._block(unexpected("The weights could not be read", error), task.weights)
        self.state_changed.emit()

    def _render(self, task: RenderTask) -> None:
        """Renders a request part by part."""
        self.state_changed.emit()
        self._tell(busy=True)
        keys = list(task.request.keys)
        try:
            renderer = self._renderer_for(task.sources)
            if renderer is not None:
                self._render_parts(renderer, task)
            elif not task.cancel.cancelled:
                self.failed.emit(keys, self._problem)
        except UserError as error:
            self._fail(keys, str(error))
        except Exception as error:
            self._fail(keys, unexpected("This frame could not be rendered", error))
        finally:
            self.queue.ended()
        self.state_changed.emit()

    def _render_parts(self, renderer: SegmentRenderer, task: RenderTask) -> None:
        """Puts each part into the cache as it comes."""
        before = time.perf_counter()
        for part in renderer.render_parts(task.request, task.cancel, self._at_once()):
            self._deliver(part)
            now = time.perf_counter()
            self._count(len(part), now - before)
            before = now
            self._tell(busy=True)

    def _deliver(self, part: list[Rendered]) -> None:
        """Frames into the cache, their names to who listens."""
        done: list[FrameKey] = []
        for frame in part:
            if frame.patch is not None:
                self.cache.put(frame.key, frame.patch)
                self.queue.finished(frame.key)
                done.append(frame.key)
            else:
                self._fail([frame.key], frame.problem)
        if done:
            self.frames_ready.emit(done)
            self.state_changed.emit()

    def _check_fit(self, task: FitTask) -> None:
        """Answers a wish for a fit check; one that is cancelled is asked for again by the queue."""
        self._tell(busy=True)
        try:
            segment, renderer = task.sources.segment(task.segment_id), self._renderer_for(task.sources)
            if segment is not None and renderer is not None:
                self.fit_ready.emit(FitResult(task.sources, task.segment_id, renderer.fit(segment, task.cancel)))
        except Cancelled:
            pass
        except UserError as error:
            self.fit_ready.emit(FitResult(task.sources, task.segment_id, FitCheck(None, None, str(error))))
        except Exception as error:
            sentence = unexpected("How well the weights fit could not be checked", error)
            self.fit_ready.emit(FitResult(task.sources, task.segment_id, FitCheck(None, None, sentence)))
        finally:
            self.queue.fitted()

    def _look(self, task: AttentionTask) -> None:
        """Answers a wish for attention or sources, with a sentence where they cannot be had."""
        self._tell(busy=True)
        result = AttentionResult(task.segment_id, task.index, task.layer, None, None)
        try:
            segment = task.sources.segment(task.segment_id)
            renderer = self._renderer_for(task.sources)
            if segment is None or renderer is None:
                problem = self._problem or "Attention needs a clip, a voice, a face and a dubbed segment there."
                result = msgspec.structs.replace(result, problem=problem)
            else:
                result = msgspec.structs.replace(result, fetches=renderer.dubber.fetches)
                result = self._seen(result, renderer, task.sources.project, segment)
        except UserError as error:
            result = msgspec.structs.replace(result, problem=str(error))
        except Exception as error:
            result = msgspec.structs.replace(result, problem=unexpected("The attention could not be shown", error))
        self.attention_ready.emit(result)

    def _seen(
        self, result: AttentionResult, renderer: SegmentRenderer, project: Project, segment: Segment
    ) -> AttentionResult:
        """The result with what was asked for."""
        place = renderer.similarity(segment.face, result.index)
        if result.layer == SOURCE:
            sources = renderer.sources(project, segment, result.index)
            return msgspec.structs.replace(result, sources=sources, similarity=place)
        look = renderer.attention(project, segment, result.index, result.layer)
        return msgspec.structs.replace(result, look=look, similarity=place)

    def _renderer_for(self, sources: Sources) -> SegmentRenderer | None:
        """The renderer for these sources, made anew where clip, faces or network changed; None where one is missing."""
        clip, voice, analysis = sources.clip, sources.voice, sources.analysis
        if clip is None or voice is None or analysis is None:
            return None
        dubber = self._loaded(sources.project.weights)
        if dubber is None:
            return None
        old = self._renderer
        if old is None or old.dubber is not dubber or old.analysis is not analysis or not _same(old.clip, clip):
            if old is not None:
                old.close()
            self._renderer = SegmentRenderer(clip, analysis, dubber, self._folder)
        assert self._renderer is not None
        self._renderer.set_voice(voice)
        return self._renderer

    def _loaded(self, weights: str) -> Dubber | None:
        """The network; None where it cannot be loaded, which is then said and blocks the queue."""
        if self._dubber is None or self._weights != weights:
            self._dubber = None
            try:
                self._dubber = self._make_dubber(weights)
            except UserError as error:
                self._block(str(error), weights)
                return None
            self._weights, self._problem = weights, ""
            self._seconds_per_frame = 0.0
        return self._dubber

    def _block(self, sentence: str, weights: str) -> None:
        """Nothing can be rendered with these weights until the user does something."""
        if self.queue.block(sentence, weights):
            self._problem = sentence
        self._tell(busy=False)

    def _fail(self, keys: list[FrameKey], sentence: str) -> None:
        """Marks frames as failed and says so."""
        for key in keys:
            self.queue.finished(key, sentence)
        self.failed.emit(keys, sentence)

    def _at_once(self) -> int:
        """Frames for one step of the network that does not take longer than `LONGEST_STEP`."""
        if not self._seconds_per_frame:
            return 1
        return min(max(int(LONGEST_STEP / self._seconds_per_frame), 1), CHUNK)

    def _count(self, frames: int, seconds: float) -> None:
        """Keeps a running mean of what a frame takes."""
        latest = seconds / max(frames, 1)
        self._seconds_per_frame = (
            latest if not self._seconds_per_frame else 0.7 * self._seconds_per_frame + 0.3 * latest
        )

    def _tell_idle(self) -> None:
        self._tell(busy=False)

    def _tell(self, busy: bool) -> None:
        """Says what the thread is doing, where that is new."""
        dubber = self._dubber
        rate = round(1 / self._seconds_per_frame, 1) if self._seconds_per_frame else 0.0
        names = (dubber.device, dubber.weights_name) if dubber is not None else ("", "")
        status = RenderStatus(*names, rate, busy, self._problem or self.cache.disk_problem)
        if status != self._status:
            self._status = status
            self.status.emit(status)


def _same(one: Clip, other: Clip) -> bool:
    """Whether both are the same file with the same content."""
    return one is other or (one.path, one.picture_key) == (other.path, other.picture_key)
