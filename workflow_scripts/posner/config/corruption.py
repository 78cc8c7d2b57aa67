"""Settings of the corruption sweeps."""

from __future__ import annotations

from pydantic import Field

from posner.config.base import Factor, Fraction, Integer, Seed, Settings


class Corruption(Settings):
    """A sweep replaces POS tags of test in several modes, see :mod:`posner.pos.corruption`."""

    rates: tuple[Fraction, ...] = Field(
        (0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1), min_length=1, max_length=1000
    )
    """Shares of tokens (0..1) whose tag is replaced by a typical error of the tagger."""
    scales: tuple[Factor, ...] = Field((0, 0.5, 1, 2, 4), min_length=1, max_length=1000)
    """Multiples of the tagger's own error rate on each tag; 1 is the tagger's rate."""
    draws: Integer = Field(20, ge=1, le=100_000)
    """Independent draws at each rate and multiple."""
    seed: Seed = 42
    """Seed of the draws."""
