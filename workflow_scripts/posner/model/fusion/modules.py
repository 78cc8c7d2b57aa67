"""Modules of fusion code that a job can reach, so that an edit to one fusion does not rerun the others.

A module of its own that imports nothing: the workflow reads it, and must not load torch.
"""

from __future__ import annotations

PACKAGE = "posner.model.fusion"
MODULES = {
    "none": frozenset[str](),
    "late": frozenset({"projected", "late"}),
    "encoder": frozenset({"projected", "encoder"}),
}


def unreachable_modules(fusion: str) -> list[str]:
    """Full names of the fusion modules that a variant with `fusion` (as in the config) never enters, sorted."""
    known = frozenset[str]().union(*MODULES.values())
    return [f"{PACKAGE}.{name}" for name in sorted(known - MODULES[fusion])]
