"""Visit news: what a change of a plan did to a visit, and the message that tells the patient."""

NAME = "0073_visit_news"
STATEMENTS = (
    # The session that was moved or canceled, as it was called before the change.
    "ALTER TABLE plan_changes ADD COLUMN session_id INTEGER REFERENCES sessions (id)",
    # When it is after the change; of a canceled one, when it would have been.
    "ALTER TABLE plan_changes ADD COLUMN moment INTEGER",
    # The row that asks whoever made the change whether to tell the patient.
    "ALTER TABLE plan_changes ADD COLUMN offer_row INTEGER REFERENCES outbox (id)",
    # The message in which the patient is told.
    "ALTER TABLE plan_changes ADD COLUMN staff_message_id INTEGER REFERENCES staff_messages (id)",
)
