import inspect
import re

import pytest

from dashboard import errors

CLASSES = [
    cls
    for _, cls in inspect.getmembers(errors, inspect.isclass)
    if cls.__module__ == errors.__name__
]


def drawn_parents() -> dict[str, str]:
    """Parent of each class as the tree in the module docstring shows it."""
    parents: dict[str, str] = {}
    branch: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.fullmatch(r"([ │├└─]*)(\w+)", line)
        if match is None or match[2] not in vars(errors):
            continue
        depth, name = len(match[1]), match[2]
        branch = [(above, parent) for above, parent in branch if above < depth]
        parents[name] = branch[-1][1] if branch else "Exception"
        branch.append((depth, name))
    return parents


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    assert drawn_parents() == {cls.__name__: cls.__bases__[0].__name__ for cls in CLASSES}


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_says_in_one_sentence_when_it_is_raised(cls: type[Exception]) -> None:
    sentence = cls.__dict__["__doc__"]
    assert sentence.endswith(".")
    assert sentence.count(". ") == 0


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_the_message_is_shown_as_it_was_written(cls: type[Exception]) -> None:
    assert str(cls("端口 8050 已被占用。")) == "端口 8050 已被占用。"
