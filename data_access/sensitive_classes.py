"""Which cases no list and no map below the county may show: sensitive ones (敏感类别)."""

from sqlalchemy import Connection, text

_CLASSES = "select code from codes where list_key = 'incident_class' and is_sensitive"
# Neither marked on the case nor of a class that the code list marks: a foreign writer may know
# nothing of the mark, and a class may get it later. For a table `i` of incidents.
NOT_SENSITIVE = f"not i.is_sensitive and coalesce(i.class_code, '') <> all (array({_CLASSES}))"


def sensitive_classes(connection: Connection) -> list[str]:
    """Codes of the classes of incidents that the list marks, in order."""
    return sorted(connection.scalars(text(_CLASSES)))
