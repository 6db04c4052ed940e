"""What puppets say: the two sentences of the demo, and as many others as training wants."""

from __future__ import annotations

import msgspec
import numpy as np

from app.engine.puppet.espeak import VoiceSettings

SENTENCE_A = "My father bought five blue boats at the village harbour, and we move them home before the moon comes up."
SENTENCE_B = "Please show the young woman how to pour warm coffee, while Bob and Eve have a few more apples."

VOICE_A = VoiceSettings("en-us+f3", pitch=52, speed=156)
VOICE_B = VoiceSettings("en-gb+f2", pitch=48, speed=150)


class SpokenText(msgspec.Struct, frozen=True):
    """A sentence and the voice that is to speak it."""

    text: str
    voice: VoiceSettings


_PEOPLE = (
    "the baker", "my brother", "an old farmer", "her neighbour", "the young pilot", "a quiet painter", "Peter",
    "Victoria", "the mayor", "our teacher", "the fisherman", "Uncle Bob", "a famous author", "the nurse", "Phoebe",
    "the whole family", "a puzzled visitor", "the choir", "George", "the shepherd", "my favourite aunt", "Matthew",
)  # fmt: skip
_VERBS = (
    "brought", "found", "would never move", "painted", "shoved", "carefully wrapped", "chose", "shared", "forgot",
    "polished", "threw away", "measured", "bought", "could not believe", "praised", "weighed", "fixed", "admired",
    "washed", "borrowed", "heaved up", "put down", "joyfully watched", "remembered",
)  # fmt: skip
_THINGS = (
    "a blue umbrella", "five heavy boxes", "the purple vase", "a pair of woollen gloves", "the broken compass",
    "some very good soup", "both of the books", "a map of the village", "the wooden bridge", "his father's violin",
    "a huge bowl of fruit", "the beautiful flower beds", "fresh bread and butter", "the shiny new bicycle",
    "a few smooth pebbles", "that awful photograph", "the yellow balloon", "a cup of warm milk", "the big brown bear",
    "eleven oysters", "the voice on the telephone", "a loaf of rye", "the moon over the bay",
)  # fmt: skip
_PLACES = (
    "in the garden", "by the old harbour", "on the way home", "above the workshop", "at the bus stop",
    "near the church", "behind the museum", "in front of the theatre", "under the apple tree", "along the river",
    "at five in the morning", "before the storm", "during the long voyage", "after the wedding", "on Thursday",
    "from the roof", "two years ago", "with both hands", "without a word", "as usual", "for a joke",
)  # fmt: skip
_TAILS = (
    "and nobody knew why", "but we should have moved faster", "so everybody laughed", "while the wind blew",
    "because the weather was awful", "and then made a few more", "though it was rather foolish",
    "which pleased the whole crew", "before the music began", "and put up the umbrella", "if I remember properly",
    "until the fog lifted", "and of course we all approved", "but the job was above him",
)  # fmt: skip
_OPENINGS = (
    "", "", "", "Oh, ", "Well, ", "Now look: ", "Perhaps ", "You know, ", "Believe me, ", "By the way, ", "Yes, ",
    "As far as I know, ", "Maybe ", "To be fair, ",
)  # fmt: skip
_ACCENTS = ("en-us", "en-us", "en-gb", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd")
_VARIANTS = ("", "+f1", "+f2", "+f3", "+f4", "+f5", "+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+m7", "+m8")


def _sentence(draw: np.random.Generator) -> str:
    opening, person, verb, thing, place, tail = (
        str(draw.choice(words)) for words in (_OPENINGS, _PEOPLE, _VERBS, _THINGS, _PLACES, _TAILS)
    )
    text = f"{opening}{person} {verb} {thing} {place}"
    if draw.random() < 0.45:
        text += f", {tail}"
    return text[0].upper() + text[1:] + str(draw.choice([".", ".", ".", "!"]))


def training_sentences(count: int, seed: int) -> list[SpokenText]:
    """`count` different sentences in varied voices; the same arguments give the same list.

    Neither of the demo's sentences is ever among them.
    """
    draw = np.random.default_rng([seed, 7])
    taken = {SENTENCE_A, SENTENCE_B}
    found: list[SpokenText] = []
    while len(found) < count:
        text = _sentence(draw)
        if text in taken:
            continue
        taken.add(text)
        voice = str(draw.choice(_ACCENTS)) + str(draw.choice(_VARIANTS))
        found.append(SpokenText(text, VoiceSettings(voice, int(draw.integers(30, 70)), int(draw.integers(125, 185)))))
    return found
