"""Numbers: an id is given once, also after the row that had it is gone.

Ids stand in the buttons of old messages, in exports and in calendars. SQLite gives the number of
a deleted row out again where it was the highest, and the old button then leads to somebody else.
AUTOINCREMENT (an identity column elsewhere) never does.
"""

from sqlite_utils import Database

NAME = "0083_numbers"
STATEMENTS = (
    # SQLite keeps the highest numbers in a table of its own, which the first table of the kind
    # makes and which stays.
    "CREATE TABLE numbered (id INTEGER PRIMARY KEY AUTOINCREMENT)",
    "DROP TABLE numbered",
)

_PLAIN = "id INTEGER PRIMARY KEY,"
_ONCE = "id INTEGER PRIMARY KEY AUTOINCREMENT,"
# Of what was deleted before this step the numbers are not known: so many are left out.
_LEFT_OUT = 1000


def fill(db: Database) -> None:
    """Have each table give a number once.

    The rows are stored alike with the word and without it, so that only the table's definition
    is changed, as https://sqlite.org/lang_altertable.html#otheralter has it: no row is copied,
    and whatever points to one stays as it is.
    """
    tables = [
        name
        for name, sql in db.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name"
        ).fetchall()
        if _PLAIN in sql
    ]
    (version,) = db.execute("PRAGMA schema_version").fetchone()
    db.execute("PRAGMA writable_schema = ON")
    try:
        for table in tables:
            db.execute(
                """UPDATE sqlite_master SET sql = replace(sql, :plain, :once)
                   WHERE type = 'table' AND name = :name""",
                {"plain": _PLAIN, "once": _ONCE, "name": table},
            )
    finally:
        db.execute("PRAGMA writable_schema = OFF")
    # The connection reads the definitions anew.
    db.execute(f"PRAGMA schema_version = {version + 1}")
    for table in tables:
        db.execute(
            f"""INSERT INTO sqlite_sequence (name, seq)
                SELECT '{table}', MAX(id) + {_LEFT_OUT} FROM {table} HAVING COUNT(*) > 0"""
        )
