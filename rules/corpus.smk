# Corpora and encoders -> local, checked, one layout.


rule prepare_corpus:
    """Read a corpus from where it is and check it."""
    input:
        files=lambda wildcards: STUDY.corpora[wildcards.corpus].files,
    output:
        expand(f"{CORPUS}/{{file}}", file=["train.parquet", "validation.parquet", "test.parquet", "corpus.json"], allow_missing=True),
    log:
        f"{CORPUS}/logs/prepare_corpus.log",
    benchmark:
        f"{CORPUS}/benchmarks/prepare_corpus.tsv"
    params:
        settings=lambda wildcards: arguments(corpus=STUDY.corpora[wildcards.corpus]),
        folder=CORPUS,
        code=code("prepare_corpus"),
    resources:
        mem_mb=4000,
        runtime=60,
    conda:
        ENVIRONMENT
    shell:
        "python -m workflow_scripts.prepare_corpus {params.settings} --output {params.folder} > {log} 2>&1"


rule prepare_encoder:
    """Fetch, find or make an encoder."""
    input:
        train=f"{CORPUS}/train.parquet",
    output:
        directory(f"{WORK}/encoder"),
    log:
        f"{LOGS}/prepare_encoder.log",
    benchmark:
        f"{BENCHMARKS}/prepare_encoder.tsv"
    params:
        settings=lambda wildcards: arguments(encoder=STUDY.encoders[wildcards.encoder]),
        code=code("prepare_encoder"),
    resources:
        mem_mb=8000,
        runtime=60,
    conda:
        ENVIRONMENT
    shell:
        "python -m workflow_scripts.prepare_encoder {params.settings} --train {input.train} --output {output} > {log} 2>&1"


rule assign_folds:
    """Assign the sentences of train to folds, documents whole."""
    input:
        train=f"{CORPUS}/train.parquet",
    output:
        f"{CORPUS}/folds.json",
    log:
        f"{CORPUS}/logs/assign_folds.log",
    benchmark:
        f"{CORPUS}/benchmarks/assign_folds.tsv"
    params:
        settings=arguments(folds=STUDY.pos.folds, fold_seed=STUDY.pos.fold_seed),
        code=code("assign_folds"),
    resources:
        mem_mb=2000,
        runtime=10,
    conda:
        ENVIRONMENT
    shell:
        "python -m workflow_scripts.assign_folds {params.settings} --train {input.train} --output {output} > {log} 2>&1"
