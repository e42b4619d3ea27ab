"""Out of reach: since when the chat of a member of the staff takes no messages."""

NAME = "0080_staff_reach"
STATEMENTS = (
    # The bot was blocked there or never started, or the account is gone; NULL while it is reached.
    "ALTER TABLE staff ADD COLUMN lost_at INTEGER",
)
