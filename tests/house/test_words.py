"""What people read is plain English of the field: phrases that read translated stay out.

Pages, refusals, messages and documents are read here. Docstrings and comments are not: there a
room may keep its own terms.
"""

import ast
import re

import pytest

from tests.house.source import PACKAGE, files, name, nodes, none_found, python, read

INSTEAD = {
    r"whoever": "anyone who, or name the people",
    r"mend(s|ed|ing)?": "fix",
    r"lines? of time": "timeline",
    r"gentler ways?": "alternatives with less impact",
    r"the watch": "monitoring",
    r"(un)?like itself": "normal, unusual",
    r"lived again": "replayed",
    r"for ever": "permanently, cannot be changed later",
    r"may not (sign|approve|meet|pass)": "cannot",
    r"made deaf": "muted",
    r"hurts? nobody": "the impact has ended",
    r"it was none": "it was not an incident",
    r"stands? still": "has stopped",
    r"no moment like": "not a date and time; example: ...",
    r"nothing is to be done": "no action needed",
    r"made a mistake": "something went wrong; it was logged",
    r"is called so": "has this name",
    r"it is none of": "not one of",
    r"begins? anew": "start again",
}
"""Each phrase as a pattern, and what to write."""
FORBIDDEN = re.compile(rf"\b({'|'.join(INSTEAD)})\b", re.IGNORECASE)
TEMPLATES = [one for one in files() if one.suffix == ".html" and PACKAGE in one.parents]
DOCUMENTS = [one for one in files() if one.suffix == ".md"]


WAY = "Write it as people of the field do."


def said(text):
    """Return the phrase that should not be there and what to write, empty if there is none."""
    found = FORBIDDEN.search(" ".join(text.split()))
    if found is None:
        return ""
    wanted = next(one for one in INSTEAD if re.fullmatch(one, found.group(), re.IGNORECASE))
    return f"says {found.group()!r}; write: {INSTEAD[wanted]}"


def sentences(path):
    """Yield the texts in a source file that are no docstrings: what may come before people."""
    remarks = {id(one.value) for one in nodes(path) if isinstance(one, ast.Expr)}
    for one in nodes(path):
        text = one.value if isinstance(one, ast.Constant) else None
        if isinstance(text, str) and id(one) not in remarks:
            yield one.lineno, text


def test_documents_and_pages_read_as_written_here():
    assert DOCUMENTS and TEMPLATES
    faults = ((one, said(read(one))) for one in [*DOCUMENTS, *TEMPLATES])
    none_found((f"{name(one)} {fault}" for one, fault in faults if fault), WAY)


def test_messages_read_as_written_here():
    texts = ((path, line, said(text)) for path in python() for line, text in sentences(path))
    none_found((f"{name(path)}:{line} {fault}" for path, line, fault in texts if fault), WAY)


@pytest.mark.parametrize("text", ["Whoever opens it", "one line\n  of time", "it is mended"])
def test_a_phrase_is_found_however_it_is_written(text):
    assert said(text)
