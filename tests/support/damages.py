"""Damages to files: to their bytes, and to values in JSON and in tables, at random."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

Damage = Callable[[bytes, random.Random], bytes]


# --- bytes -----------------------------------------------------------------------------------------------------------


def flip_a_bit(raw: bytes, chance: random.Random) -> bytes:
    changed = bytearray(raw)
    changed[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def cut(raw: bytes, chance: random.Random) -> bytes:
    return raw[: chance.randrange(len(raw))]


def zero(raw: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(raw))
    length = len(raw[start : start + 512])
    return raw[:start] + bytes(length) + raw[start + length :]


def repeat(raw: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(raw))
    return raw[:start] + raw[start : start + 64] + raw[start:]


def replace(raw: bytes, chance: random.Random) -> bytes:
    return chance.choice([b"", b"{}", b"[]", b"null", b"\xff\xfe", b"not what it was"])


BYTES: list[Damage] = [flip_a_bit, flip_a_bit, cut, zero, repeat, replace]


def damage(path: Path, chance: random.Random, damages: list[Damage] = BYTES) -> bytes:
    """Damage a file; returns what it was."""
    before = path.read_bytes()
    after = before
    while after == before:
        after = chance.choice(damages)(before, chance) if before else b"no longer empty"
    path.write_bytes(after)
    return before


# --- values in JSON --------------------------------------------------------------------------------------------------

VALUES: list[Any] = [None, True, "text", "", -1, 0, 7, 0.5, [], {}, [None], {"a": 1}]


def nodes(value: Any) -> Iterator[tuple[Any, Any]]:
    """All places in JSON: an object or list, and a key or index in it."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    for key in keys:
        yield value, key
        yield from nodes(value[key])


def change_a_node(raw: bytes, chance: random.Random) -> bytes:
    value = json.loads(raw)
    places = list(nodes(value))
    if not places:
        return replace(raw, chance)
    place, key = chance.choice(places)
    if chance.random() < 0.4:
        del place[key]
    elif isinstance(place, list) and chance.random() < 0.3:
        place.insert(key, place[key])
    else:
        place[key] = chance.choice(VALUES)
    return json.dumps(value).encode()


# --- columns and rows of tables --------------------------------------------------------------------------------------


def change_a_parquet(raw: bytes, chance: random.Random) -> bytes:
    table = pq.read_table(io.BytesIO(raw))
    index = chance.randrange(table.num_columns)
    name, rows = table.column_names[index], table.num_rows
    match chance.randrange(7):
        case 0:
            table = table.drop_columns(name)
        case 1:
            table = table.rename_columns([f"{column}_" if column == name else column for column in table.column_names])
        case 2:
            table = table.set_column(index, name, pa.array(["text"] * rows))
        case 3:
            nothing = pa.nulls(min(rows, 1 + chance.randrange(3)), table.schema.types[index])
            kept = table.column(index).slice(len(nothing))
            table = table.set_column(index, name, pa.chunked_array([nothing, *kept.chunks], nothing.type))
        case 4:
            table = table.slice(0, chance.choice([0, 1, rows // 2]))
        case 5:
            table = pa.concat_tables([table, table])
        case 6:
            table = table.take(chance.sample(range(rows), rows))
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def change_a_csv(raw: bytes, chance: random.Random) -> bytes:
    table = pd.read_csv(io.BytesIO(raw), dtype=str, keep_default_na=False)
    name = chance.choice(list(table.columns))
    match chance.randrange(5):
        case 0:
            table = table.drop(columns=name)
        case 1:
            table = table.iloc[:0]
        case 2:
            table.loc[table.index[: 1 + chance.randrange(3)], name] = chance.choice(["", "text", "-1", "nan", "inf"])
        case 3:
            table = pd.concat([table, table])
        case 4:
            table = table.sample(frac=0.5, random_state=chance.randrange(100))
    return table.to_csv(index=False).encode()


MEANINGS: dict[str, Damage] = {".json": change_a_node, ".parquet": change_a_parquet, ".csv": change_a_csv}


def damage_meaning(path: Path, chance: random.Random) -> bytes:
    """Damage a file, mostly such that it can still be read; returns what it was."""
    meaning = MEANINGS.get(path.suffix)
    return damage(path, chance, [*([meaning] * 12 if meaning else []), *BYTES])
