"""What is wrong with an operator's TOML file, in sentences; its reader's own words are English."""

import re
import tomllib


def words_of(error: tomllib.TOMLDecodeError | UnicodeDecodeError) -> str:
    """Where a whole file that was read is wrong, and what it may be."""
    if isinstance(error, UnicodeDecodeError):
        line = error.object.count(b"\n", 0, error.start) + 1
        return f"第 {line} 行不是 UTF-8 编码，请另存为 UTF-8"
    found = re.search(r"line (\d+), column (\d+)", str(error))
    place = f"第 {found[1]} 行第 {found[2]} 个字符处" if found else "文件末尾"
    return f"{place}有误（多为引号、等号、括号不全，或同一个键写了两次）"
