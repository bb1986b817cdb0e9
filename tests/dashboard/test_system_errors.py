"""What the operating system refuses is said in Chinese, rare errors with their number."""

import errno
import socket
from pathlib import Path

import pytest

from dashboard.system_errors import words_of


def test_what_is_met_often_has_words(tmp_path: Path) -> None:
    with pytest.raises(OSError) as missing:
        (tmp_path / "none").read_bytes()
    with pytest.raises(OSError) as folder:
        tmp_path.read_bytes()
    # An address for documents, which no machine has.
    with socket.socket() as other, pytest.raises(OSError) as address:
        other.bind(("192.0.2.1", 0))
    with pytest.raises(OSError) as host:
        socket.getaddrinfo("no host", 80)
    assert [words_of(each.value) for each in (missing, folder, address, host)] == [
        "没有这个文件或目录",
        "这是目录，不是文件",
        "本机没有这个地址",
        "没有这个主机名",
    ]


def test_a_rare_error_is_told_by_its_number() -> None:
    assert words_of(OSError(errno.EXDEV, "Invalid cross-device link")) == f"系统错误 {errno.EXDEV}"
