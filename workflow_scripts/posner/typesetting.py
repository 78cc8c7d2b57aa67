"""Tables as people read them: F1 in points, two digits, words for columns; as LaTeX (booktabs) and as a page of HTML.

The CSV files keep every digit, and scores in 0..1: they are for programs. Nothing is computed from what is made here.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Mapping

import pandas as pd

from .errors import InputError

MINUS = "\N{MINUS SIGN}"
MISSING = "\N{EN DASH}"
# TeX's default text font has no minus sign, and other characters in the places of these.
NOT_IN_TEX_FONT = str.maketrans({MINUS: "$-$", "<": "$<$", ">": "$>$", "|": r"\textbar{}"})
PAGE = 45  # rows that fit on a page of paper; longer tables may break
# Columns that a label says in words.
SAID_BY_LABEL = {"variant", "fusion", "pos", "feature", "injection"}


def points(value: float) -> str:
    """A score of 0..1 in points: ``85.12``."""
    return f"{100 * value:.2f}".replace("-", MINUS)


def signed(value: float) -> str:
    """A difference of scores of 0..1 in points, with its sign."""
    return f"{100 * value:+.2f}".replace("-", MINUS)


def count(value: float) -> str:
    """A number of things; a mean of such numbers keeps a digit."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def probability(value: float) -> str:
    """A p value to three digits."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def duration(value: float) -> str:
    """Seconds as hours, minutes and seconds: ``1:02:03``."""
    minutes, seconds = divmod(round(value), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def gigabytes(value: float) -> str:
    """Bytes in GB."""
    return f"{value / 2**30:.1f} GB"


# What a column of numbers holds, by the first pattern that fits its whole name; all other columns are text.
KINDS: Mapping[str, Callable[[float], str]] = {
    r"(f1_)?difference(_mean)?|change|low|high|bootstrap_(low|high)": signed,
    r"p_\w+": probability,
    r"(strict_|macro_|oracle_|needed_|baseline_)?(f1|precision|recall)(_\w+)?|accuracy(_\w+)?|share|detectable": points,
    r"(effective_)?rate|(seed|text|change|f1_difference)_std": points,
    r"seed|\w*seeds|seeds_(for_\S+|needed)|jobs|measured_jobs|draws|count|support|unseen|parameters": count,
    r"(tokens|entities|sentences|documents|invalid_tags|truncated_tokens)(_\w+)?": count,
    r"broken|moved|retyped|fixed|donor_fallbacks|errors|mended|window": count,
    r"level": "{:g}".format,
    r"(\w+_)?seconds": duration,
    r"\w+_bytes": gigabytes,
    r"gpu_hours": "{:.2f}".format,
}

# Tables whose columns are chosen and put together: heading, and what stands below it. A part whose value is missing is
# left out with the words before it. All other tables show every column, named after it.
LAYOUTS: Mapping[str, Mapping[str, str]] = {
    "verdict_variants": {
        "Variant": "{label}",
        "Seeds": "{seeds}",
        "Test F1": "{f1_mean} ± {f1_std}",
        "Difference": "{difference}",
        "Interval": "{low} to {high}",
        "p (Holm)": "{p_difference}",
        "p of equivalence": "{p_equivalence}",
        "Verdict": "{verdict}",
    },
    "verdict_oracles": {
        "Way of giving POS": "{way}",
        "Oracle's F1": "{oracle_f1}",
        "Needed": "{needed_f1}",
        "The way is": "{state}",
    },
    "ner_summary": {
        "Variant": "{label}",
        "Split": "{split}",
        "Seeds": "{seeds}",
        "F1": "{f1_mean} ± {f1_std}",
        "Precision": "{precision_mean} ± {precision_std}",
        "Recall": "{recall_mean} ± {recall_std}",
        "Mean F1 of types": "{f1_macro_mean} ± {f1_macro_std}",
        "F1, strict IOB2": "{strict_f1_mean} ± {strict_f1_std}",
    },
    "ner_runs": {
        "Variant": "{label}",
        "Seed": "{seed}",
        "Split": "{split}",
        "F1": "{f1}",
        "Precision": "{precision}",
        "Recall": "{recall}",
        "Mean F1 of types": "{f1_macro}",
        "F1, strict IOB2": "{strict_f1}",
        "Accuracy": "{accuracy}",
        "Invalid tags": "{invalid_tags}",
        "Tokens cut off": "{truncated_tokens}",
    },
    "ner_comparisons": {
        "Variant": "{label}",
        "Seeds": "{seeds}",
        "Difference": "{difference}",
        "Interval": "{low} to {high}",
        "sd over seeds": "{seed_std}",
        "sd over texts": "{text_std}",
        "p": "{p_difference}",
        "p (Holm)": "{p_difference_holm}",
        "p of equivalence (Holm)": "{p_equivalence_holm}",
        "Detectable": "{detectable}",
        "Verdict": "{verdict}",
    },
    "corruption": {
        "Variant": "{label}",
        "Seed": "{seed}",
        "Mode": "{mode}",
        "Level": "{level}",
        "Draws": "{draws}",
        "Tags changed": "{effective_rate}",
        "F1": "{f1} ± {f1_std}",
        "Change": "{change} ± {change_std}",
        "Entities flipped": "{entities_flipped}",
    },
    "corruption_intervals": {
        "Variant": "{label}",
        "Mode": "{mode}",
        "Level": "{level}",
        "Seeds": "{seeds}",
        "Change of F1": "{change}",
        "Interval": "{low} to {high}",
    },
    "slopes": {
        "Variant": "{label}",
        "Question": "{question}",
        "Seeds": "{seeds}",
        "Change of F1": "{change}",
        "Interval": "{low} to {high}",
        "p (Holm)": "{p_change_holm}",
        "p of equivalence (Holm)": "{p_equivalence_holm}",
        "Seeds needed": "{seeds_needed}",
        "POS errors": "{verdict}",
    },
    "train_test": {
        "Trained with": "{label}",
        "Test POS": "{test_pos}",
        "Seeds": "{seeds}",
        "F1": "{f1_mean} ± {f1_std}",
        "Change": "{change}",
        "Interval": "{low} to {high}",
    },
    "ner_slices_summary": {
        "Variant": "{label}",
        "Kind": "{slice}",
        "Mentions": "{value}",
        "Number": "{support}",
        "Seeds": "{seeds}",
        "F1": "{f1}",
        "Baseline": "{baseline_f1}",
        "Difference": "{difference}",
        "Interval": "{low} to {high}",
    },
    "cost": {
        "Rule": "{rule}",
        "Variant": "{label}",
        "Jobs": "{jobs}",
        "Measured": "{measured_jobs}",
        "Wall time": "{seconds}",
        "Longest job": "{longest_seconds}",
        "Processor time": "{cpu_seconds}",
        "Peak memory": "{peak_memory_bytes}",
        "GPU hours": "{gpu_hours}",
    },
}

STYLE = """
body { font: 14px system-ui, sans-serif; margin: 2em; color: #1e293b; }
table { border-collapse: collapse; border-block: 2px solid; }
th, td { padding: .3em .9em; text-align: left; white-space: nowrap; }
thead th { border-bottom: 1px solid; vertical-align: bottom; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
tbody tr:nth-child(even) { background: #f1f5f9; }
"""


def kind(column: str) -> Callable[[float], str] | None:
    """How the numbers of a column are written; ``None`` for text."""
    return next((write for pattern, write in KINDS.items() if re.fullmatch(pattern, column)), None)


def layout(name: str, columns: list[str]) -> Mapping[str, str]:
    """The layout of a table: its own, or all columns but those that its label says."""
    shown = [column for column in columns if "label" not in columns or column not in SAID_BY_LABEL]
    return LAYOUTS.get(name) or {heading(column): f"{{{column}}}" for column in shown}


def heading(column: str) -> str:
    """A column's name in words."""
    words = " ".join({"f1": "F1", "pos": "POS", "std": "sd"}.get(word, word) for word in column.split("_"))
    return words[:1].upper() + words[1:]


def laid_out(name: str, table: pd.DataFrame) -> tuple[pd.DataFrame, list[bool]]:
    """The table as it is read, all text, and which of its columns hold numbers.

    Args:
        name: of the table, which chooses its layout.
        table: what :func:`posner.results.read_table` reads, all text.

    Raises:
        InputError: a column of the layout is missing, or there is text where a number has to be.
    """
    columns = layout(name, list(table.columns))
    made, is_number = {}, []
    for title, template in columns.items():
        parts = re.findall(r"([^{]*)\{([^}]+)\}", template)
        if missing := [column for _, column in parts if column not in table]:
            raise InputError(f"{name}.csv: no column {missing[0]!r}; delete it and run again")
        cells = [[written(column, value) for value in table[column]] for _, column in parts]
        words, rows = [word for word, _ in parts], zip(*cells, strict=True)
        made[title] = ["".join(w + c for w, c in zip(words, row, strict=True) if c) or MISSING for row in rows]
        is_number.append(kind(parts[0][1]) is not None)
    return pd.DataFrame(made, columns=list(columns)), is_number


def written(column: str, value: str) -> str:
    """One value as it is read; empty if it is missing. A number of a column that is not known keeps four digits."""
    write = kind(column) or ("{:.4g}".format if re.fullmatch(r"-?\d+\.\d{4,}", value) else None)
    if write is None or not value:
        return value
    try:
        return write(float(value))
    except ValueError:
        raise InputError(f"column {column!r}: {value!r} is no number") from None


def latex(table: pd.DataFrame, is_number: list[bool]) -> str:
    """A ``tabular`` with booktabs' rules, or a ``longtable`` if it does not fit on a page."""
    styler = table.style.hide(axis="index").format(escape="latex").format_index(escape="latex", axis="columns")
    made = styler.to_latex(
        hrules=True,
        column_format="".join("r" if number else "l" for number in is_number),
        environment="longtable" if len(table) > PAGE else None,
    )
    made = made.translate(NOT_IN_TEX_FONT)
    packages = "booktabs and longtable" if len(table) > PAGE else "booktabs"
    return f"% needs the package{'s' if ' ' in packages else ''} {packages}\n{made}"


def page(name: str, table: pd.DataFrame, is_number: list[bool], downloads: Mapping[str, bytes]) -> str:
    """A page of HTML that shows the table and holds files to be saved, by name."""
    links = ", ".join(
        f'<a download="{html.escape(file)}" href="data:text/plain;base64,{base64.b64encode(content).decode()}">'
        f"{html.escape(file)}</a>"
        for file, content in downloads.items()
    )
    marks = ["<{0} class=number>" if number else "<{0}>" for number in is_number]

    def row(tag: str, cells: list[str]) -> str:
        return "<tr>" + "".join(mark.format(tag) + html.escape(c) for mark, c in zip(marks, cells, strict=True))

    body = "\n".join(row("td", list(cells)) for cells in table.itertuples(index=False, name=None))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(name)}</title>'
        f"<style>{STYLE}</style>\n<table>\n<thead>{row('th', list(table.columns))}\n<tbody>\n{body}\n</table>\n"
        f"<p>Save as {links}\n"
    )
