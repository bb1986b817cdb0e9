"""The snapshotter, with a part that fails while a file names it.

TEST_FAILING_PART=/tmp/name python -m tests.failing_parts
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from data_access import view_slots, wall_parts
from tests.shifted_clock import run_snapshotter

# What computes each part that can fail, and by which group where one function makes two.
MAKERS: dict[str, tuple[str, ...]] = {
    "今日与在办": ("live_readings",),
    "比率与纠纷": ("slow_readings",),
    "目标值": ("targets",),
    "今日走势": ("live_series",),
    "近30日": ("slow_series",),
    "排名": ("ranking",),
    "地图着色": ("choropleth",),
    "热力": ("heat", "live"),
    "近7日、近30日热力": ("heat", "slow"),
    "新发事件": ("points",),
    "网格层": ("inset",),
    "地图网格": ("grids",),
    "督办": ("work_items",),
    "最新事件": ("ticker",),
    "未计入": ("left_out",),
}


def failing(maker: Callable[..., Any], name: str, groups: tuple[str, ...]) -> Callable[..., Any]:
    """The maker, which raises for these groups while the file names the part."""
    file = Path(os.environ["TEST_FAILING_PART"])

    def make(work: Any, *group: str) -> Any:
        if file.read_text("utf-8") == name and group == groups:
            raise RuntimeError(f"the test lets {name} fail")
        return maker(work, *group)

    return make


if __name__ == "__main__":
    for part, (function, *only) in MAKERS.items():
        made = failing(getattr(wall_parts, function), part, tuple(only))
        setattr(wall_parts, function, made)
    # What is slow is asked for at once here: a test tries fifteen parts.
    view_slots.SLOW_EVERY_SECONDS = 0.2
    run_snapshotter()
