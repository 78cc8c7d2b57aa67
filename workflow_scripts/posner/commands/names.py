"""The names of all commands, by the stage that they belong to, and the module of each."""

from __future__ import annotations

COMMANDS = {
    "corpus": ("prepare_corpus", "prepare_encoder", "tokenize_corpus", "assign_folds", "summarise_corpus"),
    "pos": ("train_tagger", "merge_pos", "score_pos", "summarise_pos", "plot_pos_tagging", "plot_confusions"),
    "ner": (
        "train_ner",
        "predict",
        "list_runs",
        "summarise_ner",
        "compare_variants",
        "score_slices",
        "measure_ceiling",
        "plot_ner_results",
        "plot_injection_strategies",
        "plot_slices",
        "plot_training",
        "plot_oracles",
    ),
    "corruption": (
        "sweep_corruption",
        "summarise_corruption",
        "plot_corruption",
        "plot_scaled_errors",
        "plot_pos_controls",
    ),
    "extra_tests": ("prepare_extra_test", "tag_extra_test", "predict_extra_test", "compare_extra_tests"),
    "study": (
        "summarise_power",
        "plot_seeds",
        "conclude",
        "summarise_cost",
        "plot_cost",
        "summarise_study",
        "record_config",
        "typeset_tables",
        "typeset_poster",
        "run_notebook",
        "write_model_cards",
        "verify",
    ),
    "calibration": (
        "plan_calibration",
        "summarise_calibration",
        "simulate_studies",
        "plot_power",
        "plot_coverage",
        "plot_simulation",
    ),
    "project": (
        "benchmark",
        "benchmark_memory",
        "draw_jobs",
        "fill_docs",
        "publish",
        "write_schema",
        "write_reference",
    ),
}


def module_names() -> dict[str, str]:
    """The module of every command, by the command's name."""
    return {name: f"posner.commands.{group}.{name}" for group, names in COMMANDS.items() for name in names}


def class_name(command: str) -> str:
    """The class in that module: ``TrainNer`` for ``train_ner``."""
    return command.title().replace("_", "")


def entry_point(command: str) -> str:
    """Entry point of a command: ``posner.commands.ner.train_ner:TrainNer`` for ``train_ner``."""
    return f"{module_names()[command]}:{class_name(command)}"
