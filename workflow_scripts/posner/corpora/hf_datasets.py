"""Read corpora in the layout of ``datasets``, from the Hugging Face Hub or a folder: one row per sentence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posner.config.corpora import DiskCorpus, HubCorpus, TableCorpus, saved_files
from posner.config.hub import refuse_local_path
from posner.corpora.corpus import SPLITS, Sentence
from posner.corpora.iob import to_iob2
from posner.corpora.lines import check_format
from posner.errors import InputError, first_line, suggestion

if TYPE_CHECKING:  # `datasets` takes seconds to import
    from datasets import Dataset, DatasetDict

_UNKNOWN = {"", "nan", "none", "nat", "<na>", "na", "n/a", "null", "-", "_"}  # missing values as text, in any case


def read_hub(settings: HubCorpus, names: Sequence[str] = SPLITS) -> dict[str, list[Sentence]]:
    """Sentences by split of a dataset of the Hub; code of the dataset is never run.

    Raises:
        InputError: the dataset cannot be downloaded, is a local path, or differs from its settings.
    """
    import datasets
    from datasets.packaged_modules import _PACKAGED_DATASETS_MODULES

    refuse_local_path(settings.id, "disk")
    if settings.id in _PACKAGED_DATASETS_MODULES:  # reads the files of that format in the working directory
        raise InputError(f"{settings.id!r} is a file format, not a dataset of the Hub; give the dataset's id")
    try:
        loaded = datasets.load_dataset(settings.id, settings.name, revision=settings.revision)
    except Exception as error:  # the client of the Hub raises errors of all layers below it
        raise InputError(
            f"the Hugging Face Hub did not return the dataset {settings.id!r} at revision {settings.revision!r} "
            f"({type(error).__name__}: {first_line(error)}). Without network access, use local files: "
            f"`source: columns` for CoNLL files, or `source: disk` for a folder that was written on a machine with "
            f"network access by "
            f"datasets.load_dataset({settings.id!r}, {settings.name!r}, revision={settings.revision!r})"
            ".save_to_disk(FOLDER). "
            "With HF_HUB_OFFLINE=1, datasets in the cache (HF_HOME) are used without network access"
        ) from error
    return read_splits(loaded, settings, settings.id, names)


def read_disk(settings: DiskCorpus, names: Sequence[str] = SPLITS) -> dict[str, list[Sentence]]:
    """Sentences by split of a folder written by ``DatasetDict.save_to_disk``.

    Raises:
        InputError: the folder is missing or holds something else, or the dataset differs from its settings.
    """
    if not settings.path.is_dir():
        raise InputError(f"{settings.path}: no such folder")
    import datasets

    try:
        loaded = datasets.load_from_disk(str(settings.path))
    except Exception as error:  # a damaged folder raises errors of Arrow, JSON and the file system
        _explain_failure(settings.path)
        raise InputError(
            f"{settings.path}: not written by DatasetDict.save_to_disk ({type(error).__name__}: {first_line(error)})"
        ) from error
    if not isinstance(loaded, datasets.DatasetDict):
        raise InputError(f"{settings.path}: a single split; give the folder of a whole DatasetDict")
    return read_splits(loaded, settings, str(settings.path), names)


def _explain_failure(folder: Path) -> None:
    """Look for a known reason why `folder` cannot be loaded.

    Raises:
        InputError: a file is none of ``datasets``, e.g. a Git LFS pointer, or a split is empty.
    """
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".arrow", ".json") and path.is_file():
            with path.open("rb") as file:
                check_format(file.read(100), str(path))
    for path in sorted(folder.glob("*/state.json")):
        if not any(path.parent.glob("*.arrow")):  # `datasets` writes none, and cannot load that
            raise InputError(f"{folder}: split {path.parent.name!r} is empty; fill it, or save the dataset without it")


def disk_files(settings: DiskCorpus, names: Sequence[str] = SPLITS) -> list[Path]:
    """Files that :func:`read_disk` reads for the splits `names`: Arrow tables and their metadata."""
    return saved_files(settings.path / getattr(settings, split) for split in names)


def read_splits(
    loaded: DatasetDict, settings: TableCorpus[Any], where: str, names: Sequence[str] = SPLITS
) -> dict[str, list[Sentence]]:
    """Sentences by split; `where` names the dataset in messages.

    Raises:
        InputError: a split, a column or the names of integer tags are missing, or a row is not a sentence.
    """
    splits = {}
    for split in names:
        name = getattr(settings, split)
        if name not in loaded:
            raise InputError(
                f"{where}: no split {name!r} for {split}, only {', '.join(loaded)}{suggestion(name, loaded)}"
            )
        splits[split] = _read_split(loaded[name], settings, f"{where}, split {name!r}")
    return splits


def _read_split(dataset: Dataset, settings: TableCorpus[Any], where: str) -> list[Sentence]:
    if not len(dataset):
        raise InputError(f"{where}: is empty; give a split with sentences")
    table = _select_columns(dataset, settings, where)
    pos_names = _tag_names(table, settings.pos_field, settings.pos_names, "pos_names", where)
    ner_names = _tag_names(table, settings.ner_field, settings.ner_names, "ner_names", where)
    try:
        table.data.validate(full=True)  # damaged offsets would end the process
        rows: dict[str, Any] = table[:]
    except Exception as error:  # of Arrow, or of text that is not UTF-8
        raise InputError(f"{where}: damaged ({type(error).__name__}: {first_line(error)}); save it again") from error
    documents = rows[settings.document_field] if settings.document_field else [None] * len(table)
    lists = (rows[settings.tokens_field], rows[settings.pos_field], rows[settings.ner_field], documents)
    sentences = []
    for number, (tokens, pos, ner, document) in enumerate(zip(*lists, strict=True)):
        try:
            sentences.append(
                Sentence(
                    tuple(_strings(tokens, None)),
                    tuple(_strings(pos, pos_names)),
                    to_iob2(_strings(ner, ner_names), settings.scheme),
                    _document_id(document),
                )
            )
        except InputError as error:
            raise InputError(f"{where}, row {number}: {error}") from None
    return sentences


def _document_id(value: Any) -> str | None:
    """The id of a document; ``None`` for missing values, which pandas and ``str`` write as NaN, None or empty text."""
    text = str(value).strip()
    return None if text.casefold() in _UNKNOWN else text


def _select_columns(dataset: Dataset, settings: TableCorpus[Any], where: str) -> Dataset:
    """The columns in the settings, after a check that they exist and that tokens are strings."""
    fields = ("tokens_field", "pos_field", "ner_field", "document_field")
    columns = {field: getattr(settings, field) for field in fields if getattr(settings, field) is not None}
    for field, column in columns.items():
        if column not in dataset.column_names:
            raise InputError(
                f"{where}: no column {column!r} ({field}), only {', '.join(dataset.column_names)}"
                f"{suggestion(column, dataset.column_names)}"
            )
    table = dataset.select_columns(sorted(set(columns.values()))).with_format(None)
    if _item_type(table, settings.tokens_field, where) != "string":
        raise InputError(f"{where}: column {settings.tokens_field!r} (tokens_field) does not hold strings")
    return table


def _item_type(dataset: Dataset, column: str, where: str) -> Any:
    """Type of the items of a column's lists: a ``ClassLabel``, or a name such as ``string`` or ``int64``."""
    import datasets

    item = getattr(dataset.features[column], "feature", None)
    if isinstance(item, datasets.ClassLabel):
        return item
    if not isinstance(item, datasets.Value):
        raise InputError(f"{where}: column {column!r} does not hold lists of words or tags: {dataset.features[column]}")
    return "string" if item.dtype in ("string", "large_string") else item.dtype


def _tag_names(
    dataset: Dataset, column: str, configured: Sequence[str] | None, setting: str, where: str
) -> Sequence[str] | None:
    """Names of a column's integer tags, or ``None`` if its tags are strings."""
    item = _item_type(dataset, column, where)
    if item == "string" or not isinstance(item, str):
        own: Sequence[str] | None = None if item == "string" else item.names
        if configured is not None and (own is None or list(own) != list(configured)):
            raise InputError(f"{where}: column {column!r} has its own tag names; remove {setting}")
        return own
    if "int" not in item:
        raise InputError(f"{where}: column {column!r} holds {item}, neither strings nor integers")
    if configured is None:
        raise InputError(f"{where}: column {column!r} holds integers without names; give their names in {setting}")
    return configured


def _strings(values: Sequence[Any] | None, names: Sequence[str] | None) -> list[str]:
    """The strings of one list; integers are replaced by their names."""
    if values is None or any(value is None for value in values):
        raise InputError("a value is missing")
    if names is None:
        return list(values)
    for value in values:
        # Indexing alone would silently turn -1, which `datasets` uses for "no label", into the last name.
        if not 0 <= value < len(names):
            raise InputError(f"tag {value} has no name: there are {len(names)}, numbered from 0")
    return [names[value] for value in values]
