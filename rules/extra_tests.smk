# More test sets with the tags of a corpus, scored with the checkpoints that are there: nothing is trained for them.


# Local, since fetching needs a network, as with corpora.
rule prepare_extra_test:
    """Read an extra test from its source, and check that it has the tags of its corpus."""
    input:
        corpus=CORPUS_CARD,
        files=lambda wildcards: local_files(with_test(wildcards)),
    output:
        card=EXTRA_TEST,
        sentences=f"{CORPUS}/extra/{{test}}.parquet",
    log:
        f"{CORPUS_LOGS}/extra/{{test}}.log",
    benchmark:
        f"{CORPUS_BENCHMARKS}/extra/{{test}}.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        settings=lambda wildcards: arguments(corpus=with_test(wildcards), name=wildcards.test),
        content=lambda wildcards: content_of(with_test(wildcards).contents),
        folder=subpath(input.corpus, parent=True),
        code=code("prepare_extra_test"),
    shell:
        "python -m posner prepare_extra_test {params.settings} --folder {params.folder} > {log} 2>&1"


rule tokenize_extra_test:
    """Split the words of an extra test into word pieces."""
    input:
        test=EXTRA_TEST,
        encoder=ENCODER_CARD,
    output:
        card=EXTRA_PIECES,
        pieces=f"{PIECES}/extra/{{test}}.safetensors",
    log:
        f"{LOGS}/pieces/{{length}}/extra/{{test}}.log",
    benchmark:
        f"{BENCHMARKS}/pieces/{{length}}/extra/{{test}}.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        corpus=subpath(input.test, ancestor=2),
        code=code("tokenize_corpus"),
    shell:
        "python -m posner tokenize_corpus --max-length {wildcards.length} --corpus {params.corpus}"
        " --test {wildcards.test} --encoder {input.encoder} --output {output.card} > {log} 2>&1"


rule tag_extra_test:
    """Predict the POS of an extra test with the final tagger."""
    input:
        test=EXTRA_TEST,
        corpus=CORPUS_CARD,
        pieces=pieces_of(STUDY.pos, EXTRA_PIECES),
        tagger=FINAL_TAGGER,
    output:
        tagged=EXTRA_TAGGED,
        provenance=f"{POS}/extra/{{test}}.provenance.json",
    log:
        f"{LOGS}/pos/extra/{{test}}.log",
    benchmark:
        f"{BENCHMARKS}/pos/extra/{{test}}.tsv"
    conda:
        ENVIRONMENT
    threads: STUDY.compute.threads
    resources:
        gpu=GPUS,
        mem_mb=growing(8000),
        runtime=growing(60),
    params:
        compute=arguments(compute=STUDY.compute),
        code=code_without_fusion("tag_extra_test"),
    shell:
        "python -m posner tag_extra_test {params.compute} --corpus {input.corpus}"
        " --test {wildcards.test} --pieces {input.pieces} --tagger {input.tagger} --output {output.tagged} > {log} 2>&1"


rule predict_extra_test:
    """Predict an extra test with one NER model."""
    input:
        test=EXTRA_TEST,
        corpus=CORPUS_CARD,
        pieces=pieces_of(STUDY.ner, EXTRA_PIECES),
        checkpoint=RUN_RECORD,
        predicted=if_predicted(EXTRA_TAGGED),
    output:
        predictions=f"{EXTRA_RUN}/predictions.parquet",
        provenance=f"{EXTRA_RUN}/provenance.json",
    log:
        f"{LOGS}/extra_tests/{{test}}/{{variant}}/seed-{{seed}}.log",
    benchmark:
        f"{BENCHMARKS}/extra_tests/{{test}}/{{variant}}/seed-{{seed}}.tsv"
    conda:
        ENVIRONMENT
    threads: STUDY.compute.threads
    resources:
        gpu=GPUS,
        mem_mb=growing(8000),
        runtime=growing(60),
    params:
        variant=variant_arguments,
        compute=arguments(compute=STUDY.compute),
        code=code_of_variant("predict_extra_test"),
    shell:
        "python -m posner predict_extra_test {params.variant} {params.compute}"
        " --corpus {input.corpus} --test {wildcards.test} --pieces {input.pieces} --checkpoint {input.checkpoint}"
        " --predicted={input.predicted} --output {output.predictions} > {log} 2>&1"


rule compare_extra_tests:
    """Compare each variant with the baseline on extra tests."""
    input:
        corpus=CORPUS_CARD,
        tests=lambda wildcards: expand(
            EXTRA_TEST, corpus=wildcards.corpus, test=STUDY.corpora[wildcards.corpus].extra_tests
        ),
        runs=lambda wildcards: expand(
            [
                f"{EXTRA_RUN}/predictions.parquet".format(**wildcards, test="{test}", variant=name, seed=seed)
                for name in STUDIED
                for seed in STUDY.seeds(name)
            ],
            test=STUDY.corpora[wildcards.corpus].extra_tests,
        ),
        main=COMPARISONS,
    output:
        **{table: f"{TABLES}/{table}.csv" for table in EXTRA_TEST_TABLES},
        comparisons=EXTRA_COMPARISONS,
        provenance=f"{TABLES}/extra_tests.provenance.json",
    log:
        f"{LOGS}/compare_extra_tests.log",
    benchmark:
        f"{BENCHMARKS}/compare_extra_tests.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        variants=arguments(variants=STUDIED),
        statistics=arguments(statistics=STUDY.statistics.estimation),
        tests=lambda wildcards: arguments(tests=list(STUDY.corpora[wildcards.corpus].extra_tests)),
        predictions=f"{WORK}/extra_tests",
        tables=subpath(output.extra_tests, parent=True),
        code=code("compare_extra_tests"),
    shell:
        "python -m posner compare_extra_tests {params.variants} {params.statistics} {params.tests}"
        " --corpus {input.corpus} --main {input.main} --predictions {params.predictions}"
        " --output {output.comparisons} --tables {params.tables} > {log} 2>&1"
