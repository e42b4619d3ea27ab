"""Albums: Telegram brings the pictures of one as messages of their own, tied by a number."""

NAME = "0071_albums"
STATEMENTS = (
    "ALTER TABLE staff_messages ADD COLUMN album TEXT",
    """CREATE INDEX staff_messages_by_album ON staff_messages (clinic_id, album)
        WHERE album IS NOT NULL""",
)
