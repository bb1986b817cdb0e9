from sqlalchemy import URL, create_engine, text


def test_an_empty_database_has_no_tables_and_speaks_utf8(empty_database_url: URL) -> None:
    engine = create_engine(empty_database_url)
    with engine.connect() as connection:
        count = connection.execute(
            text("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")
        ).scalar_one()
        encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    engine.dispose()
    assert (count, encoding) == (0, "UTF8")
