"""Entry scripts of the workflow: one module a rule, each runnable as ``python -m workflow_scripts.NAME --help``."""
