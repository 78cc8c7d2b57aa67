"""Text from a config or from data as plain text of a markup language: nothing in it is markup, a link or a command."""

from __future__ import annotations

import re
import unicodedata

# In reStructuredText: marks, the end of a reference, a link or role, and expressions of Jinja, which renders the page.
RST_MARKUP = re.compile(r"[\\*`|@]|_(?![^\W_])|:(?=\S)|(?<=\{)[{%#]")
# What begins a list, a directive, a field or a rule, and a rule within a text, which would make a heading of it.
RST_BLOCK = re.compile(r"^(?:(?=[^\w\s\\])|(?=\(?\w+[.)](?:\s|$)))|(?<!\S)(?=([!-/:-@\[\]-`{-~])\1{2,}(?:\s|$))")
# In Markdown as on GitHub and the Hub: marks, also of tables, HTML, entities and formulas, and the end of emphasis.
MARKDOWN_MARKUP = re.compile(r"[\\`*<>\[\]|~&$#!]|(?<![^\W_])_|_(?![^\W_])")


def escape_rst(text: str) -> str:
    """One line of text in reStructuredText that is rendered as a template of Jinja."""
    escaped = RST_BLOCK.sub(r"\\", RST_MARKUP.sub(r"\\\g<0>", " ".join(text.split())))
    return escaped if escaped.strip("\\") else f"\\ {escaped}"  # backslashes alone would be a rule


def rst_width(text: str) -> int:
    """Columns of a line as docutils counts them for the line below a heading."""
    return sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in text)


def escape_markdown(text: object) -> str:
    """Text in one line of Markdown. Web addresses remain links."""
    return MARKDOWN_MARKUP.sub(r"\\\g<0>", " ".join(str(text).split()))
