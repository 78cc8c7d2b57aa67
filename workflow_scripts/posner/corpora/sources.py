"""Load a corpus from any source: settings in, splits and provenance out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from posner.config.corpora import ColumnsCorpus, Corpus, DiskCorpus, GeneratedCorpus, HubCorpus, TableCorpus
from posner.corpora.conll import read_columns
from posner.corpora.corpus import SPLITS, Provenance, Sentence, file_hashes
from posner.corpora.grammar import generate
from posner.corpora.hf_datasets import disk_files, read_disk, read_hub
from posner.errors import InputError

Splits = dict[str, list[Sentence]]


def load_corpus(settings: Corpus, names: Sequence[str] = SPLITS) -> tuple[Splits, Provenance]:
    """Sentences by split, and their provenance; only the splits `names` are loaded.

    Raises:
        InputError: the corpus is missing, differs from its settings, or has the same data in two splits.
    """
    if isinstance(settings, ColumnsCorpus | TableCorpus):
        _check_distinct(settings, names)
    match settings:
        case ColumnsCorpus():
            paths: dict[str, Path] = {split: getattr(settings, split) for split in names}
            splits = {split: read_columns(path, settings) for split, path in paths.items()}
            files = file_hashes(list(paths.values()))
            return splits, Provenance("columns", ", ".join(files), licence=settings.licence, files=files)
        case DiskCorpus():
            splits, origin = read_disk(settings, names), settings.path.absolute().name
            files = file_hashes(disk_files(settings, names))
            return splits, Provenance("disk", origin, licence=settings.licence, files=files)
        case HubCorpus():
            return read_hub(settings, names), Provenance("hub", settings.id, settings.revision, settings.licence)
        case GeneratedCorpus():
            splits, facts = generate(settings)
            splits = {split: splits[split] for split in names}
            return splits, Provenance("generated", "posner's grammar", licence="free of rights", facts=facts)


def _check_distinct(settings: ColumnsCorpus | TableCorpus[Any], names: Sequence[str]) -> None:
    """Check that no two splits are the same data, which would make every score wrong.

    Raises:
        InputError: two splits are the same data.
    """
    locations = {split: getattr(settings, split) for split in names}
    for one, other in combinations(names, 2):
        if _same(locations[one], locations[other]):
            raise InputError(f"{one} and {other} are the same data: {locations[one]}")


def _same(one: Path | str, other: Path | str) -> bool:
    if isinstance(one, Path) and isinstance(other, Path):
        return one.resolve() == other.resolve()
    return one == other
