"""Triage: how a reply was read."""

NAME = "0005_triage"
STATEMENTS = (
    "ALTER TABLE replies ADD COLUMN level TEXT",
    # As JSON: the signs with their places, and the intents.
    "ALTER TABLE replies ADD COLUMN reasons TEXT",
)
