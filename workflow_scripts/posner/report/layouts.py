"""Columns of each table that are shown, and their headings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

COLUMNS_IN_LABEL = {"variant", "fusion", "pos", "feature", "injection"}

# By table: headings, and how their cells are composed of columns. A part whose value is missing is left out, together
# with the text before it. Tables without an entry show every column.
LAYOUTS: Mapping[str, Mapping[str, str]] = {
    "verdict_variants": {
        "Variant": "{label}",
        "Seeds": "{seeds}",
        "Test F1": "{f1_mean} ± {f1_std}",
        "Baseline, same seeds": "{baseline_f1}",
        "Difference": "{difference}",
        "Interval": "{low} to {high}",
        "p (adjusted)": "{p_difference}",
        "p (equivalence)": "{p_equivalence}",
        "Verdict": "{verdict}: {reason}",
    },
    "verdict_effects": {
        "Question": "{question}",
        "Variant": "{label}",
        "Seeds": "{seeds}",
        "Change in F1": "{change}",
        "Interval": "{low} to {high}",
        "For each % of tags": "{step}",
        "Measured up to %": "{reach}",
        "Verdict": "{verdict}: {reason}",
    },
    "verdict_oracles": {
        "Input path": "{path}",
        "Oracle F1": "{oracle_f1}",
        "Required F1": "{required_f1}",
        "Status": "{state}",
    },
    "ner_summary": {
        "Variant": "{label}",
        "Split": "{split}",
        "Seeds": "{seeds}",
        "F1": "{f1_mean} ± {f1_std}",
        "Precision": "{precision_mean} ± {precision_std}",
        "Recall": "{recall_mean} ± {recall_std}",
        "Macro F1 over types": "{f1_macro_mean} ± {f1_macro_std}",
        "F1 (strict IOB2)": "{strict_f1_mean} ± {strict_f1_std}",
    },
    "ner_runs": {
        "Variant": "{label}",
        "Seed": "{seed}",
        "Split": "{split}",
        "F1": "{f1}",
        "Precision": "{precision}",
        "Recall": "{recall}",
        "Macro F1 over types": "{f1_macro}",
        "F1 (strict IOB2)": "{strict_f1}",
        "Accuracy": "{accuracy}",
        "Invalid labels": "{invalid_tags}",
        "Truncated tokens": "{truncated_tokens}",
        "Tokens without pieces": "{tokens_without_pieces}",
    },
    "ner_comparisons": {
        "Variant": "{label}",
        "Seeds": "{seeds}",
        "F1": "{f1}",
        "Baseline, same seeds": "{baseline_f1}",
        "Difference": "{difference}",
        "Interval": "{low} to {high}",
        "sd over seeds": "{seed_std}",
        "moderated": "{moderated_std}",
        "sd over test units": "{unit_std}",
        "p": "{p_difference}",
        "p (adjusted)": "{p_difference_adjusted}",
        "p (equivalence, adjusted)": "{p_equivalence_adjusted}",
        "Detectable difference": "{detectable}",
        "Verdict": "{verdict}: {reason}",
    },
    "ner_random_control": {
        "Variant": "{label}",
        "Control": "{control}",
        "Seeds": "{seeds}",
        "F1": "{f1}",
        "Random POS, same seeds": "{baseline_f1}",
        "Difference": "{difference}",
        "Interval": "{low} to {high}",
        "p (adjusted)": "{p_difference_adjusted}",
        "p (equivalence, adjusted)": "{p_equivalence_adjusted}",
        "Verdict": "{verdict}: {reason}",
    },
    "ner_scorings": {
        "Variant": "{label}",
        "Scored": "{scoring}",
        "Seeds": "{seeds}",
        "F1": "{f1}",
        "Baseline, same seeds": "{baseline_f1}",
        "Difference": "{difference}",
        "Interval": "{low} to {high}",
        "p (adjusted)": "{p_difference_adjusted}",
        "p (equivalence, adjusted)": "{p_equivalence_adjusted}",
        "Verdict": "{verdict}: {reason}",
    },
    "corruption": {
        "Variant": "{label}",
        "Seed": "{seed}",
        "Mode": "{mode}",
        "Level": "{level}",
        "Draws": "{draws}",
        "Changed tags": "{effective_rate}",
        "F1": "{f1} ± {std_f1}",
        "Change": "{change} ± {std_change}",
        "Changed entities": "{entities_flipped}",
    },
    "corruption_intervals": {
        "Variant": "{label}",
        "Mode": "{mode}",
        "Level": "{level}",
        "Changed tags": "{effective_rate}",
        "Seeds": "{seeds}",
        "Change in F1": "{change}",
        "Interval": "{low} to {high}",
    },
    "slopes": {
        "Variant": "{label}",
        "Question": "{question}",
        "Seeds": "{seeds}",
        "Change in F1": "{change}",
        "Interval": "{low} to {high}",
        "p (adjusted)": "{p_difference_adjusted}",
        "p (equivalence, adjusted)": "{p_equivalence_adjusted}",
        "Margin": "{margin}",
        "Seeds to conclude": "{seeds_to_conclude}",
    },
    "train_test": {
        "Variant": "{label}",
        "POS in test": "{test_pos}",
        "Seeds": "{seeds}",
        "F1": "{f1_mean} ± {f1_std}",
        "Change": "{change}",
        "Interval": "{low} to {high}",
    },
    "ner_slices_summary": {
        "Variant": "{label}",
        "Slice by": "{slice}",
        "Mentions": "{value}",
        "True mentions": "{support}",
        "Seeds": "{seeds}",
        "F1": "{f1}",
        "Baseline F1": "{baseline_f1}",
        "Difference": "{difference}",
        "Interval": "{low} to {high}",
    },
    "cost": {
        "Rule": "{rule}",
        "Variant": "{label}",
        "Jobs": "{jobs}",
        "Measured jobs": "{measured_jobs}",
        "Wall time": "{seconds}",
        "Longest job": "{longest_seconds}",
        "CPU time": "{cpu_seconds}",
        "Peak memory": "{peak_memory_bytes}",
        "GPU hours": "{gpu_hours}",
    },
}


def table_layout(name: str, columns: Sequence[str]) -> Mapping[str, str]:
    """The layout of a table: its entry in :data:`LAYOUTS`, or else all columns except those that its label includes."""
    shown = [column for column in columns if "label" not in columns or column not in COLUMNS_IN_LABEL]
    return LAYOUTS.get(name) or {column_heading(column): f"{{{column}}}" for column in shown}


def column_heading(column: str) -> str:
    """A column's name in words: ``F1 sd`` for ``f1_std``."""
    words = " ".join({"f1": "F1", "pos": "POS", "std": "sd"}.get(word, word) for word in column.split("_"))
    return words[:1].upper() + words[1:]
