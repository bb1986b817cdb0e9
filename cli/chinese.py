"""Typer in Chinese: its own words on help pages, and the sentence for a command mistyped.

Typer translates but a few of its words, so commands and groups are of classes that say them here.
What the commands are and what they say stands beside this module.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup

Function = TypeVar("Function", bound=Callable[..., Any])

PROGRAM = "cockpit"
USAGE = "用法："
OPTIONS, COMMANDS = "[选项]", "命令 [参数]..."
# Titles and notes that typer takes from its module when it draws a help page.
WORDS = {
    "ARGUMENTS_PANEL_TITLE": "参数",
    "OPTIONS_PANEL_TITLE": "选项",
    "COMMANDS_PANEL_TITLE": "命令",
    "REQUIRED_LONG_STRING": "[必填]",
    "DEFAULT_STRING": "[默认：{}]",
}
HELP = "显示本说明"
HELP_WAS_SHOWN = "NoArgsIsHelpError"
TYPES: dict[Any, str] = {
    bool: "",
    str: "<文字>",
    int: "<整数>",
    Path: "<路径>",
    list[Path]: "<路径>",
    datetime: "<时间>",
}


class _Chinese:
    """What a command and a group of commands say alike."""

    def format_usage(self: Any, ctx: Any, formatter: Any) -> None:
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=USAGE)

    def format_help(self: Any, ctx: Any, formatter: Any) -> None:
        # Drawing help is all it is needed for, and commands start without it.
        from typer import rich_utils

        for name, words in WORDS.items():
            setattr(rich_utils, name, words)
        rich_utils._make_rich_text = _folded
        for param in self.get_params(ctx):
            param.display_type_rich = partial(_type_words, param)
            param._get_number_range_help_str = partial(_range_words, param)
        super().format_help(ctx, formatter)  # type: ignore[misc]

    def get_help_option(self: Any, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = HELP
        return option


class ChineseCommand(_Chinese, TyperCommand):
    """A command whose help is in Chinese."""


class ChineseGroup(_Chinese, TyperGroup):
    """A group of commands whose help is in Chinese."""


class Commands(typer.Typer):
    """A typer whose commands and groups are of the classes above."""

    def __init__(self, help: str | None = None, **more: Any) -> None:
        super().__init__(
            help=help,
            cls=ChineseGroup,
            options_metavar=OPTIONS,
            subcommand_metavar=COMMANDS,
            add_completion=False,
            **more,
        )

    def command(self, name: str | None = None, **more: Any) -> Callable[[Function], Function]:
        """As of typer."""
        return super().command(name, cls=ChineseCommand, options_metavar=OPTIONS, **more)


def run(commands: Commands) -> int:
    """Run what was typed; the status to leave with, 2 where it cannot be understood.

    Raises:
        CockpitError: from the commands.
    """
    try:
        status = commands(standalone_mode=False, prog_name=PROGRAM)
    except typer.TyperException as error:
        if type(error).__name__ != HELP_WAS_SHOWN:
            typer.echo(mistake(error), err=True)
        return error.exit_code
    except typer.Abort:
        typer.echo("已中止。", err=True)
        return 1
    return status if isinstance(status, int) else 0


def mistake(error: typer.TyperException) -> str:
    """What is wrong with what was typed, and where help is."""
    name, context = type(error).__name__, getattr(error, "ctx", None)
    sentence = _wrong_parameter(error) or _wrong_word(name, error)
    path = context.command_path if context is not None else PROGRAM
    return f"{sentence}用法见 {path} --help。"


def _wrong_parameter(error: Any) -> str:
    """缺少 --before。 --days 的值不对，应为 1—366 的整数。"""
    param = getattr(error, "param", None)
    if param is None:
        return ""
    name = param.metavar if isinstance(param, TyperArgument) else param.opts[-1]
    if type(error).__name__ == "MissingParameter":
        return f"缺少 {name}。"
    return f"{name} 的值不对{_wanted(param)}。"


def _folded(*, text: str, style: str = "", **_: object) -> Any:
    """A help text that goes on in the next line where typer would cut it: it has no spaces."""
    from rich.text import Text

    return Text(text, style=style, overflow="fold")


def _type_words(param: Any, ctx: Any) -> str:
    annotation = param.type_descriptor.annotation
    return TYPES.get(annotation, str(annotation))


def _range_words(param: Any) -> str | None:
    low, high = getattr(param, "min", None), getattr(param, "max", None)
    return None if low is None or high is None else f"{low}—{high}"


def _wanted(param: Any) -> str:
    between = _range_words(param)
    if between:
        return f"，应为 {between} 的整数"
    formats = getattr(param.type_descriptor.parameter_info, "formats", None)
    if formats:
        return f"，应形如 {datetime(2025, 1, 1):{formats[0]}}"
    kind = param.type_descriptor.annotation
    return {int: "，应为整数", datetime: "，应形如 2025-01-01T08:00:00"}.get(kind, "")


def _wrong_word(name: str, error: Any) -> str:
    option = getattr(error, "option_name", None)
    if name == "NoSuchOption":
        others = "、".join(sorted(error.possibilities or ()))
        return f"没有选项 {option}{f'，有 {others}' if others else ''}。"
    if option is not None:
        return f"选项 {option} 的写法不对：缺少它的值，或多给了值。"
    if isinstance(error.ctx.command, TyperGroup):
        commands = error.ctx.command.commands.items()
        return f"没有这个命令；有 {'、'.join(name for name, c in commands if not c.hidden)}。"
    return "参数过多。"
