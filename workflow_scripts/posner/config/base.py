"""The strict base of all settings, and the types of their values."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_-]*"
Name = Annotated[str, StringConstraints(pattern=rf"^{NAME_PATTERN}$")]
Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(ge=1)]
Factor = Annotated[float, Field(ge=0)]
Seed = Annotated[int, Field(ge=0)]


class Settings(BaseModel):
    """Base of all settings: unknown keys are errors, values are immutable, attribute docstrings are their help."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)
