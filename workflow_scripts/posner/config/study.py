"""The whole config of a study.

The same models define the JSON schema for editors, the flags of the rules and the options of the commands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Self

from pydantic import Field, model_validator

from posner.config.base import Name, Settings, Title
from posner.config.compute import Compute
from posner.config.corpora import Corpus
from posner.config.corruption import Corruption
from posner.config.encoders import Encoder
from posner.config.statistics import Power, Statistics
from posner.config.training import Ner, Pos
from posner.config.variants import Seeds, Variant
from posner.errors import suggestion

LARGEST_STUDY = 20_000  # jobs that train, tag or sweep; Snakemake plans as many in about half a minute
OWN_TEST = "test"  # in tables of extra tests
RESERVED = (("corpora", "published", "committed summaries"), ("encoders", "corpus", "the corpus's folder"))


class Study(Settings):
    """The combinations to run: corpora x encoders x variants x seeds."""

    title: Title
    """Title of the report, one line."""
    corpora: tuple[Name, ...] = Field(min_length=1, max_length=LARGEST_STUDY)
    """Corpora, by their names under `corpora`."""
    encoders: tuple[Name, ...] = Field(min_length=1, max_length=LARGEST_STUDY)
    """Encoders, by their names under `encoders`."""
    variants: tuple[Name, ...] = Field(min_length=1, max_length=LARGEST_STUDY)
    """Variants, by their names under `variants`."""
    seeds: Seeds
    """Training seeds of the NER models."""


class Config(Settings):
    """A whole config file."""

    study: Study
    """The combinations to run."""
    corpora: dict[Name, Corpus] = Field(max_length=LARGEST_STUDY)
    """Corpora by name."""
    encoders: dict[Name, Encoder] = Field(max_length=LARGEST_STUDY)
    """Encoders by name."""
    variants: dict[Name, Variant] = Field(max_length=LARGEST_STUDY)
    """Variants by name."""
    pos: Pos = Field(default_factory=Pos)
    """Settings of the POS taggers."""
    ner: Ner = Field(default_factory=Ner)
    """Settings of the NER models."""
    corruption: Corruption = Field(default_factory=Corruption)
    """Settings of the corruption sweeps."""
    statistics: Statistics = Field(default_factory=Statistics)
    """Settings of intervals, tests and verdicts."""
    power: Power = Field(default_factory=Power)
    """Assumptions about the spread of results, from which the power of the study is computed before it is run."""
    compute: Compute = Field(default_factory=Compute)
    """Device, precision and threads."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for kind in ("corpora", "encoders", "variants"):
            names, known = getattr(self.study, kind), getattr(self, kind)
            refuse_duplicates(f"study.{kind}", names)
            for name in names:
                if name not in known:
                    raise ValueError(f"study.{kind}: {name!r} is not defined under {kind}{suggestion(name, known)}")
            refuse_same_folder(kind, known)
        for name, corpus in self.corpora.items():
            refuse_same_folder(f"corpora.{name}.extra_tests", corpus.extra_tests)
            if OWN_TEST in corpus.extra_tests:
                raise ValueError(
                    f"corpora.{name}.extra_tests: the name {OWN_TEST!r} is reserved for the corpus's own test set; "
                    "choose another name"
                )
        for kind, taken, owner in RESERVED:
            if reserved := [name for name in getattr(self.study, kind) if name.lower() == taken]:
                raise ValueError(f"{kind}: the name {reserved[0]!r} is reserved for {owner}; choose another name")
        refuse_duplicates("study.seeds", self.study.seeds)
        for name, variant in self.variants.items():
            refuse_duplicates(f"variants.{name}.seeds", variant.seeds or ())
        if [v for v in self.study.variants if self.variants[v].fusion == "none"] != [self.baseline]:
            raise ValueError("study.variants: exactly one variant must have fusion: none, the baseline")
        refuse_duplicates("corruption.rates", self.corruption.rates)
        refuse_duplicates("corruption.scales", self.corruption.scales)
        seeds = self.seeds(self.baseline)
        if (stages := self.statistics.stages) and len(seeds) not in stages:
            raise ValueError(
                f"study.seeds: {len(seeds)} seeds of the baseline, but statistics.stages are "
                f"{', '.join(map(str, stages))}; other analyses than after these numbers raise the error rate"
            )
        if (jobs := self.model_jobs()) > LARGEST_STUDY:
            raise ValueError(f"study: {jobs:,} jobs that use a model are more than {LARGEST_STUDY:,}; split the study")
        return self

    @property
    def baseline(self) -> str:
        """Name of the variant without POS."""
        return next((v for v in self.study.variants if self.variants[v].fusion == "none"), "")

    @property
    def swept(self) -> tuple[str, ...]:
        """Variants that are evaluated under corrupted POS: all but the baseline and the controls."""
        return tuple(v for v in self.study.variants if v != self.baseline and not self.variants[v].is_control)

    def seeds(self, variant: str) -> tuple[int, ...]:
        """Training seeds of a variant."""
        return self.variants[variant].seeds or self.study.seeds

    def model_jobs(self) -> int:
        """Number of jobs that train, tag, sweep or predict."""
        runs = {name: len(self.seeds(name)) for name in self.study.variants}
        swept = sum(runs[name] for name in self.swept)
        tested = swept + runs[self.baseline]
        tests = sum(len(self.corpora[name].extra_tests) for name in self.study.corpora)
        of_pair = self.pos.folds + 1 + sum(runs.values()) + swept
        return len(self.study.encoders) * (len(self.study.corpora) * of_pair + tests * (1 + tested))

    def variant_settings(self) -> dict[str, dict[str, Any]]:
        """The non-default settings of the study's variants, with their seeds, by name; JSON."""
        return {
            name: self.variants[name].model_dump(mode="json", exclude_defaults=True) | {"seeds": self.seeds(name)}
            for name in self.study.variants
        }

    def checkpoints(self) -> Iterator[dict[str, str | int]]:
        """`corpus`, `encoder`, `variant` and `seed` of every checkpoint of the study."""
        for corpus in self.study.corpora:
            for encoder in self.study.encoders:
                for variant in self.study.variants:
                    for seed in self.seeds(variant):
                        yield {"corpus": corpus, "encoder": encoder, "variant": variant, "seed": seed}


def refuse_same_folder(where: str, names: Iterable[str]) -> None:
    """Check that `names` are distinct on disks that ignore the case of letters, as those of macOS do.

    Raises:
        ValueError: two are not.
    """
    seen: dict[str, str] = {}
    for name in names:
        if (other := seen.setdefault(name.lower(), name)) != name:
            raise ValueError(
                f"{where}: {other!r} and {name!r} differ in the case of letters only, and some disks keep them in one "
                "folder; rename one"
            )


def refuse_duplicates(where: str, values: tuple[Any, ...]) -> None:
    """Check that `values` are distinct.

    Raises:
        ValueError: a value occurs more than once.
    """
    if repeated := sorted(value for value, times in Counter(values).items() if times > 1):
        raise ValueError(f"{where}: {repeated[0]!r} is listed more than once")
