# Folds -> fold taggers -> out-of-fold tags, with the final tagger -> predicted POS -> confusion matrix.

TAGGERS = [*(f"fold-{fold}" for fold in range(STUDY.pos.folds)), "final"]
TAGGER_FILES = ["model", "predictions.parquet", "training.json"]


rule train_tagger:
    """Train one tagger and predict what it has not seen."""
    input:
        train=f"{CORPUS}/train.parquet",
        held_out=expand(f"{CORPUS}/{{split}}.parquet", split=["validation", "test"], allow_missing=True),
        card=f"{CORPUS}/corpus.json",
        encoder=f"{WORK}/encoder",
        folds=f"{CORPUS}/folds.json",
    output:
        model=directory(f"{WORK}/pos/{{tagger}}/model"),
        predictions=f"{WORK}/pos/{{tagger}}/predictions.parquet",
        training=f"{WORK}/pos/{{tagger}}/training.json",
    log:
        f"{LOGS}/pos/{{tagger}}.log",
    benchmark:
        f"{BENCHMARKS}/pos/{{tagger}}.tsv"
    params:
        settings=arguments(training=STUDY.pos.training, seed=STUDY.pos.seed, compute=STUDY.compute),
        corpus=CORPUS,
        folder=f"{WORK}/pos/{{tagger}}",
        code=code("train_tagger", "fusion", "late_fusion", "encoder_fusion"),
    threads: STUDY.compute.threads
    resources:
        gpu=1,
        mem_mb=lambda wildcards, attempt: 8000 * attempt,
        runtime=lambda wildcards, attempt: 120 * attempt,
    conda:
        ENVIRONMENT
    shell:
        "python -m workflow_scripts.train_tagger {params.settings} --tagger {wildcards.tagger} --corpus {params.corpus}"
        " --encoder {input.encoder} --folds {input.folds} --output {params.folder} > {log} 2>&1"


rule merge_pos:
    """Put the taggers' predictions together, refusing leaks and gaps."""
    input:
        corpus=expand(f"{CORPUS}/{{split}}.parquet", split=["train", "validation", "test"], allow_missing=True),
        predictions=expand(f"{WORK}/pos/{{tagger}}/{{file}}", tagger=TAGGERS, file=["predictions.parquet", "training.json"], allow_missing=True),
    output:
        f"{WORK}/pos/predicted.parquet",
    log:
        f"{LOGS}/merge_pos.log",
    benchmark:
        f"{BENCHMARKS}/merge_pos.tsv"
    params:
        settings=arguments(folds=STUDY.pos.folds),
        corpus=CORPUS,
        taggers=f"{WORK}/pos",
        code=code("merge_pos"),
    resources:
        mem_mb=4000,
        runtime=10,
    conda:
        ENVIRONMENT
    shell:
        "python -m workflow_scripts.merge_pos {params.settings} --corpus {params.corpus} --taggers {params.taggers}"
        " --output {output} > {log} 2>&1"


rule score_pos:
    """Count the taggers' confusions on out-of-fold train, validation and test."""
    input:
        corpus=expand(f"{CORPUS}/{{file}}", file=["train.parquet", "validation.parquet", "test.parquet", "corpus.json"], allow_missing=True),
        predicted=f"{WORK}/pos/predicted.parquet",
    output:
        f"{WORK}/pos/confusion_matrix.json",
    log:
        f"{LOGS}/score_pos.log",
    benchmark:
        f"{BENCHMARKS}/score_pos.tsv"
    params:
        corpus=CORPUS,
        code=code("score_pos"),
    resources:
        mem_mb=4000,
        runtime=10,
    conda:
        ENVIRONMENT
    shell:
        "python -m workflow_scripts.score_pos --corpus {params.corpus} --predicted {input.predicted} --output {output} > {log} 2>&1"
