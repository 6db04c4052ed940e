"""Fields that are declared once: what they are called, which values they take and what a change of one affects.

A field is declared as `Annotated[TYPE, setting(...)]`; a plain `msgspec.Meta` will do where only a form reads it.
Checks, forms, the names of frames and whatever else depends on a field read its `FieldSpec`, and name no field.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec

from app.core.errors import UserError

N = TypeVar("N", Fraction, float)

Affects = Literal["network", "paste", "none"]
"""What a change affects: what the network is given (and all that follows), only how its picture is pasted, nothing."""


def setting(
    title: str,
    text: str,
    affects: Affects,
    *,
    low: float | None = None,
    high: float | None = None,
    refusal: str = "",
    unit: str = "",
    label: str = "",
    step: str = "",
    labels: Mapping[str, str] | None = None,
    same_to_network: tuple[Any, ...] = (),
) -> msgspec.Meta:
    """Declares a field; see `FieldSpec` for the arguments. Label and step are the title where they are not given.

    Unlike `ge` and `le` of `msgspec.Meta`, `low` and `high` do not keep a file from being read: values that lie
    outside are brought into them.
    """
    rest = {
        "affects": affects,
        "low": low,
        "high": high,
        "refusal": refusal,
        "unit": unit,
        "label": label or title,
        "step": step or title,
        "labels": tuple((labels or {}).items()),
        "same_to_network": same_to_network,
    }
    return msgspec.Meta(title=title, description=text, extra=rest)


class FieldSpec(msgspec.Struct, frozen=True):
    """How one field is declared."""

    name: str
    kind: type[Any]
    """bool, int, float, Fraction or str; a value of another type is taken as it is."""
    optional: bool
    """Whether None is a value too."""
    default: Any
    title: str
    """What sentences and forms call it."""
    text: str
    """A full sentence or phrase on what it does."""
    affects: Affects = "none"
    choices: tuple[str, ...] = ()
    """All values of a str that is chosen from a list."""
    low: float | None = None
    """Bounds of a number; None where there is none."""
    high: float | None = None
    refusal: str = ""
    """The sentence that refuses a number outside the bounds or a blank text, with {} for the value.

    Without one, numbers are brought into the bounds.
    """
    unit: str = ""
    """What stands behind the number; "%" shows 1.0 as 100 %."""
    label: str = ""
    """What a form writes beside it, with & before the key that leads to it."""
    step: str = ""
    """What its change is called where the form is out of sight, as in the history."""
    labels: tuple[tuple[str, str], ...] = ()
    """(choice, its text) in the order in which a form lists them."""
    same_to_network: tuple[Any, ...] = ()
    """Values between which the network makes no difference."""

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and greatest value. Raises ValueError where one of them is not declared."""
        if self.low is None or self.high is None:
            raise ValueError(f"{self.name} has no bounds")
        return self.low, self.high

    def accepted(self, value: Any) -> Any:
        """`value` as an edit may set it. Raises UserError with one sentence for what the declaration refuses."""
        normal = self.normalised(value)
        blank = isinstance(value, str) and not value.strip()
        if self.refusal and (blank or normal != value):
            raise UserError(self.refusal.format(value))
        return normal

    def normalised(self, value: Any) -> Any:
        """`value` clamped to the bounds. Raises UserError if it is not a number or not one of the choices."""
        if value is None and self.optional:
            return None
        if self.choices and value not in self.choices:
            raise UserError(f'{self.title} cannot be "{value}": choose {_any_of(self.choices)}.')
        return self._number(value) if self.kind in (int, float, Fraction) else value

    def key(self, value: Any) -> str:
        """`value` as text that differs for every other value."""
        if value is None:
            return "auto"
        return repr(float(value)) if self.kind is float else str(value)

    def network_key(self, value: Any) -> str:
        """The same, equal for values between which the network makes no difference."""
        return self.key(self.same_to_network[0] if value in self.same_to_network else value)

    def _number(self, value: Any) -> Any:
        """`value` as a number of the field's kind, within its bounds. Raises UserError if it is not one."""
        kinds = {int: int, Fraction: (int, Fraction)}.get(self.kind, (int, float, Fraction))
        if isinstance(value, bool) or not isinstance(value, kinds) or math.isnan(value):
            raise self._no_number()
        if self.high is not None:
            value = min(value, self.high)
        if self.low is not None:
            value = max(value, self.low)
        if not math.isfinite(value):
            raise self._no_number()
        return self.kind(value)

    def _no_number(self) -> UserError:
        whole = "whole number" if self.kind is int else "number"
        return UserError(f"{self.title} is not a {whole}: enter a value{self._range()}.")

    def _range(self) -> str:
        """The bounds as a phrase, such as " from 0.25 to 3"; empty without bounds."""
        if self.low is not None and self.high is not None:
            return f" from {self.low:g} to {self.high:g}"
        if self.low is not None:
            return f" of {self.low:g} or more"
        return "" if self.high is None else f" of {self.high:g} or less"


@cache
def specs_of(struct: type[msgspec.Struct]) -> Mapping[str, FieldSpec]:
    """The declared fields of a struct by name, in their order; a field without a declaration is left out."""
    fields = msgspec.structs.fields(struct)
    return {field.name: _spec(field) for field in fields if _meta(field.type) is not None}


def accepted(specs: Mapping[str, FieldSpec], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The values of `changes`, named by their fields, as an edit may set them.

    Raises UserError for what a declaration refuses, TypeError for a name that is not declared.
    """
    unknown = sorted(changes.keys() - specs.keys())
    if unknown:
        raise TypeError(f"no such setting: {', '.join(unknown)}")
    return {name: specs[name].accepted(value) for name, value in changes.items()}


def normalised(specs: Mapping[str, FieldSpec], struct: msgspec.Struct) -> dict[str, Any]:
    """The declared values of a struct, clamped to their bounds. Raises UserError if one is not a number."""
    return {name: spec.normalised(getattr(struct, name)) for name, spec in specs.items()}


def clamp(value: N, low: N, high: N) -> N:
    """`value`, or the nearest to it from `low` to `high`; `low` where they cross."""
    return max(low, min(value, high))


def _meta(declared: Any) -> msgspec.Meta | None:
    """The declaration in a field's type; None without one."""
    return next((each for each in get_args(declared)[1:] if isinstance(each, msgspec.Meta)), None)


def _spec(field: msgspec.structs.FieldInfo) -> FieldSpec:
    meta = _meta(field.type)
    assert meta is not None
    declared = get_args(field.type)[0]
    several = get_args(declared) if get_origin(declared) in (Union, UnionType) else (declared,)
    (kind,) = (each for each in several if each is not NoneType)
    choices: tuple[str, ...] = get_args(kind) if get_origin(kind) is Literal else ()
    title = meta.title or field.name
    plain = {"low": meta.ge, "high": meta.le, "label": title, "step": title}
    rest: dict[str, Any] = {**plain, **(meta.extra or {})}
    return FieldSpec(
        name=field.name,
        kind=str if choices else kind,
        optional=NoneType in several,
        default=field.default,
        title=title,
        text=meta.description or "",
        choices=choices,
        **rest,
    )


def _any_of(choices: tuple[str, ...]) -> str:
    """The choices as a phrase, such as "keep, duck or drop"."""
    *rest, last = choices
    return f"{', '.join(rest)} or {last}" if rest else last
