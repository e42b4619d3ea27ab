"""Broadcasts: any file, several languages, polls, a moment of their own, a pause, a library."""

NAME = "0041_broadcasts"
STATEMENTS = (
    "ALTER TABLE broadcasts RENAME COLUMN photo TO file_id",
    "ALTER TABLE broadcasts ADD COLUMN file_kind TEXT",
    "UPDATE broadcasts SET file_kind = 'photo' WHERE file_id IS NOT NULL",
    "ALTER TABLE broadcasts ADD COLUMN poll INTEGER NOT NULL DEFAULT 0",
    # The wall clock at which it begins in each patient's own zone, as in 2026-05-05T10:00.
    "ALTER TABLE broadcasts ADD COLUMN starts_local TEXT",
    "ALTER TABLE broadcasts ADD COLUMN paused_at INTEGER",
    # The name of the tip in the library that it was made from.
    "ALTER TABLE broadcasts ADD COLUMN library TEXT",
    # Its words in the languages besides the one in broadcasts.text.
    """CREATE TABLE broadcast_texts (
        clinic_id INTEGER NOT NULL,
        broadcast_id INTEGER NOT NULL REFERENCES broadcasts (id),
        language TEXT NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (clinic_id, broadcast_id, language)
    ) STRICT""",
    # Which copy a poll of Telegram's is: an answer names the poll alone.
    """CREATE TABLE polls (
        clinic_id INTEGER NOT NULL,
        poll_id TEXT NOT NULL,
        outbox_id INTEGER NOT NULL REFERENCES outbox (id),
        PRIMARY KEY (clinic_id, poll_id)
    ) STRICT""",
    # Which copy of a broadcast a free reply, or a no to tips, came upon.
    "ALTER TABLE replies ADD COLUMN copy_id INTEGER REFERENCES outbox (id)",
    "CREATE INDEX replies_by_copy ON replies (clinic_id, copy_id) WHERE copy_id IS NOT NULL",
    # The tips that a patient got, for the limit of how often.
    """CREATE INDEX outbox_tips ON outbox (clinic_id, patient_id, settled_at)
        WHERE kind = 'broadcast'""",
    # The tips of the library that are sent by themselves, and when each is next.
    """CREATE TABLE library (
        clinic_id INTEGER NOT NULL,
        name TEXT NOT NULL,
        staff_id INTEGER NOT NULL REFERENCES staff (id),
        next_on TEXT NOT NULL,
        changed_at INTEGER NOT NULL,
        PRIMARY KEY (clinic_id, name)
    ) STRICT""",
)
