"""Which columns of each table are printed, and how."""

from __future__ import annotations

from collections.abc import Mapping

# Tables whose columns are chosen and put together: heading, and what stands below it. A part whose value is missing is
# left out with the words before it. All other tables show every column, named after it.
# Columns that a label says in words.
SAID_BY_LABEL = {"variant", "fusion", "pos", "feature", "injection"}

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


def layout(name: str, columns: list[str]) -> Mapping[str, str]:
    """The layout of a table: its own, or all columns but those that its label says."""
    shown = [column for column in columns if "label" not in columns or column not in SAID_BY_LABEL]
    return LAYOUTS.get(name) or {heading(column): f"{{{column}}}" for column in shown}


def heading(column: str) -> str:
    """A column's name in words."""
    words = " ".join({"f1": "F1", "pos": "POS", "std": "sd"}.get(word, word) for word in column.split("_"))
    return words[:1].upper() + words[1:]
