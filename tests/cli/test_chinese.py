"""Help pages and mistypings of every command, as an operator reads them."""

import re
from collections.abc import Iterator

import pytest
from typer.main import get_command

import cli

# What a shell is typed in: names of programs, commands, options, files, settings, formats.
OF_NAMES = re.compile(
    r"--[a-z-]+|[A-Z]+_[A-Z_]+|[\w./-]*\.(?:md|gz|xlsx|toml)|artifacts/\w+"
    r"|cockpit|Ctrl-C|Excel|CSV|Parquet|GeoJSON|SQLAlchemy|TOML|Citus|IANA|Chrome|all|main|demo"
    r"|boston|incidents|disputes|regions|serve"
)


def commands(command: object = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Paths of all commands that help pages list, () for the program itself."""
    command = command or get_command(cli.app)
    yield path
    for name, below in getattr(command, "commands", {}).items():
        if not below.hidden:
            yield from commands(below, (*path, name))


def said(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *arguments: str,
    width: int = 200,
) -> tuple[int, str, str]:
    """Status, stdout and stderr of `cockpit …`."""
    monkeypatch.setattr("sys.argv", ["cockpit", *arguments])
    monkeypatch.setenv("COLUMNS", str(width))
    status = 0
    try:
        cli.main()
    except SystemExit as left:
        status = int(left.code or 0)
    written = capsys.readouterr()
    return status, written.out, written.err


@pytest.mark.parametrize("path", commands(), ids=" ".join)
def test_a_help_page_has_no_foreign_word_but_names(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], path: tuple[str, ...]
) -> None:
    status, page, errors = said(monkeypatch, capsys, *path, "--help")
    assert (status, errors) == (0, "")
    assert "用法：" in page
    assert "显示本说明" in page
    names = {word for other in commands() for word in other}
    left = OF_NAMES.sub("", page)
    assert set(re.findall(r"[A-Za-z][A-Za-z-]+", left)) - names == set()


@pytest.mark.parametrize("path", commands(), ids=" ".join)
def test_a_help_page_cuts_no_sentence_on_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], path: tuple[str, ...]
) -> None:
    def words(width: int) -> str:
        page = said(monkeypatch, capsys, *path, "--help", width=width)[1]
        return re.sub(r"[\s╭─╮│╰╯]", "", page)

    assert words(72) == words(200)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("db", "archive"), "缺少 --before。用法见 cockpit db archive --help。"),
        (("template", "all"), "缺少 月份。用法见 cockpit template --help。"),
        (("check", "--days", "0"), "--days 的值不对，应为 1—366 的整数。"),
        (("demo", "--seed", "x"), "--seed 的值不对，应为整数。"),
        (("db", "archive", "--before", "20"), "--before 的值不对，应形如 2025-01。"),
        (("serve", "--x"), "没有选项 --x。用法见 cockpit serve --help。"),
        (("check", "--onn", "x"), "没有选项 --onn，有 --on、"),
        (("check", "--on"), "选项 --on 的写法不对：缺少它的值，或多给了值。"),
        (("serve", "now"), "参数过多。用法见 cockpit serve --help。"),
        (("db", "drop"), "没有这个命令；有 migrate、verify、"),
    ],
)
def test_what_is_mistyped_is_said_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    status, page, errors = said(monkeypatch, capsys, *arguments)
    assert (status, page) == (2, "")
    assert errors.startswith(sentence)
    assert len(errors.splitlines()) == 1


@pytest.mark.parametrize("path", [(), ("db",), ("import",)])
def test_without_a_word_more_the_help_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], path: tuple[str, ...]
) -> None:
    status, page, errors = said(monkeypatch, capsys, *path)
    assert status == 2
    assert "用法：" in page
    assert errors == ""


def test_who_stops_a_command_leaves_with_the_status_of_an_interrupt(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("layouts.documents.indicator_dictionary.indicator_dictionary", interrupted)
    assert said(monkeypatch, capsys, "indicators")[0] == 130
