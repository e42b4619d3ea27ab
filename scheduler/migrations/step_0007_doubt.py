"""What may have arrived waits for Telegram to answer before it is sent once more."""

NAME = "0007_doubt"
STATEMENTS = (
    # The first moment at which an answer of Telegram's ends the wait; NULL: it does not.
    "ALTER TABLE waits ADD COLUMN soonest INTEGER",
)
