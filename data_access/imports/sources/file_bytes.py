"""The bytes of a file: their checksum, and a sentence where they cannot be read."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dashboard.errors import ImportRefused


def sha256_of(path: Path) -> str:
    """Checksum of a file, in hexadecimal."""
    with path.open("rb") as stored:
        return hashlib.file_digest(stored, "sha256").hexdigest()


@contextmanager
def readable(path: Path, form: str, *wrong: type[Exception]) -> Iterator[None]:
    """Say in one sentence that the file is missing, or no file of the `form`.

    Raises:
        ImportRefused: for an OSError of the block, or one of the exceptions in `wrong`.
    """
    try:
        yield
    except OSError as error:
        raise ImportRefused(
            f"无法读取文件 {path}：{error.strerror or error}。请检查路径和权限。"
        ) from error
    except wrong as error:
        reason = str(error).partition("\n")[0]
        raise ImportRefused(
            f"文件 {path} 不是完整的 {form} 文件（{reason}）。请重新取得文件后再导入。"
        ) from error
