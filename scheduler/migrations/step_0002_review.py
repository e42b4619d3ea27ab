"""Review: messages nobody can be sure about, and what waits after a restore."""

NAME = "0002_review"
STATEMENTS = (
    # When a person said of an uncertain row that it is to be left as it is.
    "ALTER TABLE outbox ADD COLUMN reviewed_at INTEGER",
    """CREATE INDEX outbox_to_review ON outbox (clinic_id, settled_at)
        WHERE state = 'uncertain' AND reviewed_at IS NULL""",
    """CREATE INDEX outbox_restored ON outbox (clinic_id, due_at)
        WHERE state = 'pending' AND held = 'review'""",
)
