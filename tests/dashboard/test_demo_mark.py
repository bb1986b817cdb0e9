from dashboard import demo_mark

TABLE = [("案件编号", "原因"), ("1", "x"), ("2", "y")]


def test_every_line_of_a_demo_says_so_under_a_head_of_its_own() -> None:
    assert list(demo_mark.rows(TABLE, is_demo=True)) == [
        ("数据", "案件编号", "原因"),
        ("演示数据", "1", "x"),
        ("演示数据", "2", "y"),
    ]


def test_real_data_stay_as_they_are() -> None:
    assert list(demo_mark.rows(TABLE, is_demo=False)) == TABLE
    assert demo_mark.file_name("x.csv", is_demo=False) == "x.csv"


def test_the_name_of_a_file_of_a_demo_begins_with_it() -> None:
    assert demo_mark.file_name("x.csv", is_demo=True) == "演示数据-x.csv"
