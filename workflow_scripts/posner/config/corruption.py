"""Settings of the corruption sweep."""

from __future__ import annotations

from pydantic import Field

from posner.config.base import Factor, Fraction, Positive, Settings


class Corruption(Settings):
    """The sweep: test POS replaced by other tags, in the ways of :mod:`posner.pos.corruption`."""

    rates: tuple[Fraction, ...] = Field((0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1), min_length=1)
    """Shares of tokens whose tag is replaced by what the tagger mistakes it for."""
    scales: tuple[Factor, ...] = Field((0, 0.5, 1, 2, 4), min_length=1)
    """Factors of the tagger's own error probability of each tag; 1 is the tagger, in expectation."""
    draws: Positive = 20
    """Independent corruptions at each rate and factor."""
    seed: int = Field(42, ge=0)
    """Seed of the draws."""
