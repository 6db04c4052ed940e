"""What the render thread is told to do, and from what."""

from __future__ import annotations

from fractions import Fraction

import msgspec

from app.core.project import Project, Segment
from app.core.render_plan import RenderRequest, same_frames
from app.core.timebase import TimeRange
from app.engine.faces.analysis import FaceAnalysis
from app.engine.media.clip import Clip, Voice
from app.engine.progress import CancelToken

_NOTHING = TimeRange(Fraction(0), Fraction(0))


class Sources(msgspec.Struct, frozen=True):
    """What frames are made from."""

    project: Project = Project()
    clip: Clip | None = None
    voice: Voice | None = None
    analysis: FaceAnalysis | None = None

    def same_frames(self, other: Sources) -> bool:
        """Whether both make the same frames in the same order: markers, mixes and the like make no difference."""
        if self.analysis is not other.analysis or self.voice != other.voice:
            return False
        # a long clip's time stamps are not compared one by one where they are the same object
        if self.clip is not other.clip and self.clip != other.clip:
            return False
        return same_frames(self.project, other.project, _NOTHING if self.clip is None else self.clip.whole)

    def segment(self, id: int) -> Segment | None:
        """The segment of that name, also where one stands for the whole clip."""
        if self.clip is None:
            return None
        return next((one for one in self.project.segments_of(self.clip.whole) if one.id == id), None)


class IdentifyTask(msgspec.Struct, frozen=True):
    """Find out what the weights of that name are, by content; answered by `RenderQueue.identified`."""

    weights: str


class AttentionTask(msgspec.Struct, frozen=True):
    """Tell where a frame's patches looked."""

    sources: Sources
    segment_id: int
    index: int
    layer: str


class RenderTask(msgspec.Struct, frozen=True):
    """Render frames, as long as `cancel` is not raised."""

    sources: Sources
    request: RenderRequest
    cancel: CancelToken


class FitTask(msgspec.Struct, frozen=True):
    """Tell how well the weights know the face of a segment, as long as `cancel` is not raised."""

    sources: Sources
    segment_id: int
    cancel: CancelToken


Task = IdentifyTask | AttentionTask | RenderTask | FitTask
