"""Lines of UTF-8 text files: of corpora, and of text to annotate. A line ends at a line feed and nowhere else."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

from posner.errors import InputError

BYTE_ORDER_MARK = "\ufeff"

# First bytes of files that are often given in place of a text, and what to do.
_OTHER_FORMATS = {
    b"version https://git-lfs.github.com/": "is a Git LFS pointer; run git lfs pull",
    b"\x1f\x8b": "is compressed (gzip); unpack it",
    b"BZh": "is compressed (bzip2); unpack it",
    b"\xfd7zXZ\0": "is compressed (xz); unpack it",
    b"\x28\xb5\x2f\xfd": "is compressed (zstd); unpack it",
    b"PK\x03\x04": "is a zip archive; unpack it",
    b"%PDF-": "is a PDF; give its text",
    codecs.BOM_UTF16_LE: "is UTF-16; convert the file to UTF-8",
    codecs.BOM_UTF16_BE: "is UTF-16; convert the file to UTF-8",
}


def decode_lines(lines: Iterable[bytes], name: str) -> Iterator[str]:
    """Lines of the file `name`, opened in binary mode, without line ends (LF or CR LF).

    Text mode and ``str.splitlines`` would also split at other characters, e.g. U+2028 and form feeds, which occur in
    tokens. A byte-order mark at the start of a line is removed: files that have one may have been concatenated.

    Raises:
        InputError: the file is not text, or a line is not UTF-8 or contains a NUL byte.
    """
    for number, line in enumerate(lines, start=1):
        if number == 1:
            check_format(line, name)
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputError(
                f"{name}:{number}: not UTF-8 (byte {line[error.start]:#04x}); convert the file to UTF-8"
            ) from None
        if "\0" in text:
            raise InputError(f"{name}:{number}: a NUL byte; convert the file to UTF-8 text")
        yield text.removesuffix("\n").removesuffix("\r").lstrip(BYTE_ORDER_MARK)


def check_format(start: bytes, name: str) -> None:
    """Check the first bytes of the file `name`.

    Raises:
        InputError: they are those of a Git LFS pointer, an archive, a PDF or UTF-16.
    """
    for magic, problem in _OTHER_FORMATS.items():
        if start.startswith(magic):
            raise InputError(f"{name}: {problem}")
