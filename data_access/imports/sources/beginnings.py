"""What the beginning of a file shows: that it is no text, or has another encoding or delimiter.

No row is read by what stands here; it says what is wrong with a file, and helps to guess.
"""

import codecs
import csv
from collections.abc import Iterable

from dashboard.errors import ImportRefused

LOOKED_AT = 1 << 16
OLD_OFFICE = b"\xd0\xcf\x11\xe0"
MARKUP = ("<html", "<!doctype", "<?xml", "<table", "<meta")
UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
ENCODINGS = ("utf-8", "gb18030", "utf-16")
DELIMITERS = {",": "逗号", "\t": "制表符", ";": "分号", "|": "竖线"}


def refuse_no_text(name: str, beginning: bytes, encoding: str) -> None:
    """Refuse what cannot be read as delimited text of the encoding.

    Raises:
        ImportRefused: it is an old or locked workbook, UTF-16 where that is not stated, or bytes.
    """
    if beginning.startswith(OLD_OFFICE):
        raise ImportRefused(
            f"文件 {name} 是旧版 Excel（.xls）或加了密码的工作簿，不能读取。"
            "请在 Excel 中去掉密码，另存为 .xlsx 后再导入。"
        )
    if beginning.startswith(UTF_16_MARKS) and "16" not in encoding:
        raise ImportRefused(
            f"文件 {name} 是 UTF-16 编码（Excel 的“Unicode 文本”），不是 {encoding}。"
            '请在映射文件中写 file.encoding = "utf-16"，或把文件另存为 CSV UTF-8。'
        )
    line = first_line(beginning, encoding)
    if line.lstrip().lower().startswith(MARKUP):
        raise ImportRefused(
            f"文件 {name} 是网页或 XML 形式的表格（有些系统导出的 .xls 如此），不能读取。"
            "请在 Excel 中打开，另存为 .xlsx 后再导入。"
        )
    if "\x00" in line:
        raise ImportRefused(
            f"文件 {name} 的标题行含有不是文字的内容：它不是 CSV 等文本，或编码不是 {encoding}。"
            "请检查文件，以及映射文件的键 file.encoding。"
        )


def first_line(beginning: bytes, encoding: str) -> str:
    """The first line that is not blank, as far as it can be read."""
    lines = beginning.decode(encoding, errors="replace").removeprefix("\ufeff").splitlines()
    return next((line for line in lines if line.strip()), "")


def better_reading(
    beginning: bytes, encoding: str, delimiter: str, wanted: Iterable[str]
) -> str | None:
    """In words, the encoding and delimiter by which more of the wanted columns are there."""
    sought = set(wanted)

    def found(encoding: str, delimiter: str) -> int:
        try:
            line = first_line(beginning, encoding)
            names = next(csv.reader([line], delimiter=delimiter), [])
        except (UnicodeError, csv.Error):
            return 0
        return len(sought.intersection(name.strip() for name in names))

    readings = [(encoding, delimiter), *((e, d) for e in ENCODINGS for d in DELIMITERS)]
    best = max(readings, key=lambda reading: found(*reading))
    if found(*best) <= found(encoding, delimiter):
        return None
    return f"编码 {best[0]}、分隔符为{DELIMITERS[best[1]]}"
