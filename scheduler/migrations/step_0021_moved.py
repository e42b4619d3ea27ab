"""Moved sessions: which one a session was first, so that calendars change their entry of it."""

NAME = "0021_moved"
STATEMENTS = (
    # A session that was moved after a reminder of it had left is a row of its own.
    "ALTER TABLE sessions ADD COLUMN first_id INTEGER REFERENCES sessions (id)",
)
