"""The conversation: what staff wrote, and which replies wait for an answer."""

NAME = "0004_conversation"
STATEMENTS = (
    # What staff wrote to a patient; what patients wrote stands in replies.
    """CREATE TABLE staff_messages (
        id INTEGER PRIMARY KEY,
        clinic_id INTEGER NOT NULL,
        patient_id INTEGER NOT NULL REFERENCES patients (id),
        staff_id INTEGER NOT NULL REFERENCES staff (id),
        kind TEXT NOT NULL,
        text TEXT,
        file_id TEXT,
        message_id INTEGER NOT NULL,
        receipt_id INTEGER REFERENCES outbox (id),
        answers INTEGER REFERENCES replies (id),
        state TEXT NOT NULL
            CHECK (state IN ('on_its_way', 'delivered', 'uncertain', 'not_delivered')),
        at INTEGER NOT NULL,
        settled_at INTEGER,
        CHECK ((settled_at IS NULL) = (state = 'on_its_way'))
    ) STRICT""",
    "CREATE INDEX staff_messages_by_patient ON staff_messages (clinic_id, patient_id, at)",
    "CREATE INDEX staff_messages_by_member ON staff_messages (clinic_id, staff_id, message_id)",
    "ALTER TABLE outbox ADD COLUMN staff_message_id INTEGER REFERENCES staff_messages (id)",
    """CREATE INDEX outbox_by_staff_message ON outbox (clinic_id, staff_message_id)
        WHERE staff_message_id IS NOT NULL""",
    # Which reply of the patient a row brings to staff.
    "ALTER TABLE outbox ADD COLUMN reply_id INTEGER REFERENCES replies (id)",
    # The Telegram id in the patient's chat: an answer quotes it.
    "ALTER TABLE replies ADD COLUMN message_id INTEGER",
    # When a free reply was answered, or said to need no answer; until then it waits.
    "ALTER TABLE replies ADD COLUMN answered_at INTEGER",
    "ALTER TABLE replies ADD COLUMN answered_by INTEGER REFERENCES staff (id)",
    # What came before there was an inbox was dealt with without it.
    "UPDATE replies SET answered_at = at WHERE question IS NULL",
    """CREATE INDEX replies_waiting ON replies (clinic_id, patient_id, id)
        WHERE question IS NULL AND answered_at IS NULL""",
    """CREATE INDEX replies_answered ON replies (clinic_id, answered_at)
        WHERE answered_at IS NOT NULL""",
)
