# Corpora and encoders -> local files in one checked layout.


# The rules that fetch are local: compute nodes of a cluster often have no network.
rule prepare_corpus:
    """Read a corpus from its source and check it."""
    input:
        files=lambda wildcards: local_files(STUDY.corpora[wildcards.corpus]),
    output:
        card=CORPUS_CARD,
        splits=[f"{CORPUS}/{split}.parquet" for split in ["train", "validation", "test"]],
    log:
        f"{CORPUS_LOGS}/prepare_corpus.log",
    benchmark:
        f"{CORPUS_BENCHMARKS}/prepare_corpus.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        settings=lambda wildcards: arguments(corpus=STUDY.corpora[wildcards.corpus].alone()),
        content=lambda wildcards: content_of(STUDY.corpora[wildcards.corpus].contents),
        folder=subpath(output.card, parent=True),
        code=code("prepare_corpus"),
    shell:
        "python -m posner prepare_corpus {params.settings} --output {params.folder} > {log} 2>&1"


rule prepare_encoder:
    """Fetch, find or build an encoder."""
    input:
        train=TRAIN,
        files=lambda wildcards: local_files(STUDY.encoders[wildcards.encoder]),
    output:
        card=ENCODER_CARD,
        model=f"{ENCODER}/model.safetensors",
        provenance=f"{ENCODER}.provenance.json",
    log:
        f"{LOGS}/prepare_encoder.log",
    benchmark:
        f"{BENCHMARKS}/prepare_encoder.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        settings=lambda wildcards: arguments(encoder=STUDY.encoders[wildcards.encoder]),
        content=lambda wildcards: content_of(STUDY.encoders[wildcards.encoder].files),
        folder=subpath(output.card, parent=True),
        code=code("prepare_encoder"),
    shell:
        "python -m posner prepare_encoder {params.settings} --train {input.train}"
        " --output {params.folder} > {log} 2>&1"


# Local, since it takes seconds and all trainings wait for it.
rule tokenize_corpus:
    """Split the words of a corpus into word pieces, once for all jobs that read it with the same encoder."""
    input:
        corpus=CORPUS_CARD,
        encoder=ENCODER_CARD,
    output:
        card=PIECES_CARD,
        splits=[f"{PIECES}/{split}.safetensors" for split in ["train", "validation", "test"]],
    log:
        f"{LOGS}/pieces/{{length}}.log",
    benchmark:
        f"{BENCHMARKS}/pieces/{{length}}.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        code=code("tokenize_corpus"),
    shell:
        "python -m posner tokenize_corpus --max-length {wildcards.length} --corpus {input.corpus}"
        " --encoder {input.encoder} --output {output.card} > {log} 2>&1"


rule assign_folds:
    """Assign the sentences of train to folds; documents stay whole."""
    input:
        train=TRAIN,
    output:
        FOLDS,
    log:
        f"{CORPUS_LOGS}/assign_folds.log",
    benchmark:
        f"{CORPUS_BENCHMARKS}/assign_folds.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        settings=arguments(folds=STUDY.pos.folds, fold_seed=STUDY.pos.fold_seed),
        code=code("assign_folds"),
    shell:
        "python -m posner assign_folds {params.settings} --train {input.train} --output {output} > {log} 2>&1"
