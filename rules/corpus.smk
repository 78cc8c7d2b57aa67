# Corpora and encoders -> local, checked, one layout.


# Fetching needs a network, which compute nodes of a cluster often have not.
localrules:
    prepare_corpus,
    prepare_encoder,


rule prepare_corpus:
    """Read a corpus from where it is and check it."""
    input:
        files=lambda wildcards: ancient(STUDY.corpora[wildcards.corpus].files),
    output:
        card=CORPUS_CARD,
        splits=[f"{CORPUS}/{split}.parquet" for split in SPLITS],
    log:
        f"{CORPUS_LOGS}/prepare_corpus.log",
    benchmark:
        f"{CORPUS_BENCHMARKS}/prepare_corpus.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        settings=lambda wildcards: arguments(corpus=STUDY.corpora[wildcards.corpus].alone()),
        content=content_of("corpora"),
        folder=subpath(output.card, parent=True),
        code=code("prepare_corpus"),
    shell:
        "python -m posner prepare_corpus {params.settings} --output {params.folder} > {log} 2>&1"


rule prepare_encoder:
    """Fetch, find or make an encoder."""
    input:
        train=f"{CORPUS}/train.parquet",
        files=lambda wildcards: ancient(STUDY.encoders[wildcards.encoder].files),
    output:
        card=ENCODER_CARD,
        model=f"{WORK}/encoder/model.safetensors",
    log:
        f"{LOGS}/prepare_encoder.log",
    benchmark:
        f"{BENCHMARKS}/prepare_encoder.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        settings=lambda wildcards: arguments(encoder=STUDY.encoders[wildcards.encoder]),
        content=content_of("encoders"),
        folder=subpath(output.card, parent=True),
        code=code("prepare_encoder"),
    shell:
        "python -m posner prepare_encoder {params.settings} --train {input.train}"
        " --output {params.folder} > {log} 2>&1"


rule assign_folds:
    """Assign the sentences of train to folds, documents whole."""
    input:
        train=f"{CORPUS}/train.parquet",
    output:
        f"{CORPUS}/folds.json",
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
