"""The bytes of a file: their checksum, and a sentence where they cannot be read."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dashboard.errors import ImportRefused
from dashboard.system_errors import words_of


def sha256_of(path: Path) -> str:
    """Checksum of a file, in hexadecimal."""
    with path.open("rb") as stored:
        return hashlib.file_digest(stored, "sha256").hexdigest()


class Broken(ValueError):
    """A file is not of its form, told in words for operators."""


@contextmanager
def readable(path: Path, form: str, *wrong: type[Exception]) -> Iterator[None]:
    """Say in one sentence that the file is missing, or no file of the `form`.

    Raises:
        ImportRefused: for an OSError of the block, or one of the exceptions in `wrong`.
    """
    try:
        yield
    except wrong as error:
        # What libraries say is English, and may hold values of the file.
        reason = f"（{error}）" if isinstance(error, Broken) else ""
        raise ImportRefused(
            f"文件 {path} 不是完整的 {form} 文件{reason}。请重新取得文件后再导入。"
        ) from error
    except OSError as error:
        raise ImportRefused(
            f"无法读取文件 {path}：{words_of(error)}。请检查路径和权限。"
        ) from error
