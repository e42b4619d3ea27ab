"""Ties: what points to a row is found without reading its table, so that an erasure is short.

Whoever deletes a row has the database look for what points to it, by that column alone: an index
that begins with the clinic is of no use there. Those that did begin with it are turned around,
which all other looks at them do not notice.
"""

NAME = "0084_ties"
STATEMENTS = (
    "DROP INDEX attempts_by_row",
    "CREATE INDEX attempts_by_row ON attempts (outbox_id, clinic_id)",
    "DROP INDEX alert_messages_by_alert",
    "CREATE INDEX alert_messages_by_alert ON alert_messages (alert_id, clinic_id)",
    "CREATE INDEX alert_messages_by_row ON alert_messages (outbox_id)",
    """CREATE INDEX alert_messages_by_edit ON alert_messages (edited_by)
        WHERE edited_by IS NOT NULL""",
    "DROP INDEX alert_reasons_by_alert",
    "CREATE INDEX alert_reasons_by_alert ON alert_reasons (alert_id, clinic_id, id)",
    "DROP INDEX replies_by_copy",
    """CREATE INDEX replies_by_copy ON replies (copy_id, clinic_id)
        WHERE copy_id IS NOT NULL""",
    "CREATE INDEX replies_by_row ON replies (outbox_id) WHERE outbox_id IS NOT NULL",
    "CREATE INDEX replies_by_session ON replies (session_id) WHERE session_id IS NOT NULL",
    "DROP INDEX outbox_by_staff_message",
    """CREATE INDEX outbox_by_staff_message ON outbox (staff_message_id, clinic_id)
        WHERE staff_message_id IS NOT NULL""",
    "CREATE INDEX outbox_by_reply ON outbox (reply_id) WHERE reply_id IS NOT NULL",
    "CREATE INDEX outbox_by_session ON outbox (session_id) WHERE session_id IS NOT NULL",
    """CREATE INDEX staff_messages_by_receipt ON staff_messages (receipt_id)
        WHERE receipt_id IS NOT NULL""",
    """CREATE INDEX staff_messages_by_reply ON staff_messages (answers)
        WHERE answers IS NOT NULL""",
    "CREATE INDEX sessions_by_question ON sessions (asked_row) WHERE asked_row IS NOT NULL",
    "CREATE INDEX sessions_by_first ON sessions (first_id) WHERE first_id IS NOT NULL",
    """CREATE INDEX plan_changes_by_session ON plan_changes (session_id)
        WHERE session_id IS NOT NULL""",
    """CREATE INDEX plan_changes_by_offer ON plan_changes (offer_row)
        WHERE offer_row IS NOT NULL""",
    """CREATE INDEX plan_changes_by_message ON plan_changes (staff_message_id)
        WHERE staff_message_id IS NOT NULL""",
    "CREATE INDEX topics_by_row ON topics (row_id) WHERE row_id IS NOT NULL",
    "CREATE INDEX polls_by_row ON polls (outbox_id)",
    "CREATE INDEX waiting_pictures_by_reply ON waiting_pictures (reply_id)",
    """CREATE INDEX events_by_enrollment ON events (enrollment_id)
        WHERE enrollment_id IS NOT NULL""",
    # What was said in a chat to nobody in particular: to staff, at the door.
    "CREATE INDEX outbox_of_chat ON outbox (clinic_id, chat_id) WHERE patient_id IS NULL",
    """CREATE INDEX outbox_pending_of_chat ON outbox (clinic_id, id)
        WHERE state = 'pending' AND patient_id IS NULL""",
)
