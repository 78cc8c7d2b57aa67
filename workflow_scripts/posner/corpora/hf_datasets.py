"""Corpora in the layout of ``datasets``, from the HuggingFace hub or a folder: a row a sentence, columns of lists."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posner.config.corpora import DiskCorpus, HubCorpus, TableCorpus
from posner.corpora.corpus import SPLITS, Sentence
from posner.corpora.iob import to_iob2
from posner.errors import InputError, nearest

if TYPE_CHECKING:  # `datasets` takes seconds to import, so what needs it imports it
    from datasets import Dataset, DatasetDict


def read_hub(settings: HubCorpus, wanted: Sequence[str] = SPLITS) -> dict[str, list[Sentence]]:
    """Sentences by split of a dataset of the hub; no code of the dataset is run.

    Raises:
        InputError: the hub does not answer or has no such dataset, or it is not what the settings say.
    """
    import datasets

    try:
        loaded = datasets.load_dataset(settings.id, settings.name, revision=settings.revision)
    except Exception as error:  # the hub's client raises whatever the layers below it raise
        raise InputError(
            f"the HuggingFace hub did not give the dataset {settings.id!r} at revision {settings.revision!r} "
            f"({type(error).__name__}: {error}). To do without the hub, use local files: `source: columns` for CoNLL "
            f"files, or `source: disk` for a folder made where the hub is in reach, by "
            f"datasets.load_dataset({settings.id!r}, {settings.name!r}, revision={settings.revision!r})"
            ".save_to_disk(FOLDER). "
            "A dataset in the HuggingFace cache (HF_HOME) is found without a network when HF_HUB_OFFLINE=1 is set"
        ) from error
    return read_splits(loaded, settings, settings.id, wanted)


def read_disk(settings: DiskCorpus, wanted: Sequence[str] = SPLITS) -> dict[str, list[Sentence]]:
    """Sentences by split of a folder that ``DatasetDict.save_to_disk`` wrote.

    Raises:
        InputError: the folder is not there or holds something else, or it is not what the settings say.
    """
    if not settings.path.is_dir():
        raise InputError(f"{settings.path}: no such folder")
    import datasets

    try:
        loaded = datasets.load_from_disk(str(settings.path))
    except Exception as error:  # a damaged folder fails in as many ways as Arrow, JSON and the file system can
        raise InputError(
            f"{settings.path}: not a folder of DatasetDict.save_to_disk ({type(error).__name__}: {error})"
        ) from error
    if not isinstance(loaded, datasets.DatasetDict):
        raise InputError(f"{settings.path}: one split only; give the folder of a whole DatasetDict")
    return read_splits(loaded, settings, str(settings.path), wanted)


def disk_files(settings: DiskCorpus, wanted: Sequence[str] = SPLITS) -> list[Path]:
    """The files that :func:`read_disk` reads for these splits: Arrow tables and their descriptions."""
    folders = (settings.path / getattr(settings, split) for split in wanted)
    return sorted({path for folder in folders for path in folder.iterdir() if path.suffix in (".arrow", ".json")})


def read_splits(
    loaded: DatasetDict, settings: TableCorpus[Any], where: str, wanted: Sequence[str] = SPLITS
) -> dict[str, list[Sentence]]:
    """Sentences by split; `where` names the dataset in messages.

    Raises:
        InputError: a split, a column or the names of integer tags are missing, or a row is no sentence.
    """
    splits = {}
    for split in wanted:
        name = getattr(settings, split)
        if name not in loaded:
            raise InputError(
                f"{where}: no split {name!r} to take as {split}, only {', '.join(loaded)}{nearest(name, loaded)}"
            )
        splits[split] = _read_split(loaded[name], settings, f"{where}, split {name!r}")
    return splits


def _read_split(dataset: Dataset, settings: TableCorpus[Any], where: str) -> list[Sentence]:
    fields = ("tokens_field", "pos_field", "ner_field", "document_field")
    columns = {field: getattr(settings, field) for field in fields if getattr(settings, field) is not None}
    for field, column in columns.items():
        if column not in dataset.column_names:
            raise InputError(
                f"{where}: no column {column!r} ({field}), only {', '.join(dataset.column_names)}"
                f"{nearest(column, dataset.column_names)}"
            )
    wanted = dataset.select_columns(sorted(set(columns.values()))).with_format(None)
    if _item(wanted, settings.tokens_field, where) != "string":
        raise InputError(f"{where}: column {settings.tokens_field!r} (tokens_field) does not hold strings")
    pos_names = _names(wanted, settings.pos_field, settings.pos_names, "pos_names", where)
    ner_names = _names(wanted, settings.ner_field, settings.ner_names, "ner_names", where)

    rows: dict[str, Any] = wanted[:]
    documents = rows[settings.document_field] if settings.document_field else [None] * len(wanted)
    lists = (rows[settings.tokens_field], rows[settings.pos_field], rows[settings.ner_field], documents)
    sentences = []
    for number, (tokens, pos, ner, document) in enumerate(zip(*lists, strict=True)):
        try:
            sentences.append(
                Sentence(
                    tuple(_strings(tokens, None)),
                    tuple(_strings(pos, pos_names)),
                    to_iob2(_strings(ner, ner_names), settings.scheme),
                    None if document is None else str(document),
                )
            )
        except InputError as error:
            raise InputError(f"{where}, row {number}: {error}") from None
    return sentences


def _item(dataset: Dataset, column: str, where: str) -> Any:
    """What the lists of a column hold: a ``ClassLabel``, or the name of a type such as ``string`` or ``int64``."""
    import datasets

    item = getattr(dataset.features[column], "feature", None)
    if isinstance(item, datasets.ClassLabel):
        return item
    if not isinstance(item, datasets.Value):
        raise InputError(f"{where}: column {column!r} does not hold lists of words or tags: {dataset.features[column]}")
    return "string" if item.dtype in ("string", "large_string") else item.dtype


def _names(
    dataset: Dataset, column: str, given: Sequence[str] | None, setting: str, where: str
) -> Sequence[str] | None:
    """Names of a column's integer tags, or ``None`` if its tags are strings."""
    item = _item(dataset, column, where)
    if item == "string" or not isinstance(item, str):
        own: Sequence[str] | None = None if item == "string" else item.names
        if given is not None and (own is None or list(own) != list(given)):
            raise InputError(f"{where}: column {column!r} names its tags itself; remove {setting}")
        return own
    if "int" not in item:
        raise InputError(f"{where}: column {column!r} holds {item}, neither strings nor integers")
    if given is None:
        raise InputError(f"{where}: column {column!r} holds integers without names; give their names in {setting}")
    return given


def _strings(values: Sequence[Any] | None, names: Sequence[str] | None) -> list[str]:
    """The strings of one row's list, integers turned into their names."""
    if values is None or any(value is None for value in values):
        raise InputError("a value is missing")
    if names is None:
        return list(values)
    for value in values:
        # Not left to indexing: -1, which `datasets` uses for "no label", would silently become the last name.
        if not 0 <= value < len(names):
            raise InputError(f"tag {value} has no name: there are {len(names)}, numbered from 0")
    return [names[value] for value in values]
