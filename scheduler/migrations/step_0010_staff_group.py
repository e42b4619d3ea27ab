"""The staff's group: a Telegram group with topics in which the conversations live."""

NAME = "0010_staff_group"
STATEMENTS = (
    """CREATE TABLE staff_groups (
        clinic_id INTEGER NOT NULL,
        chat_id INTEGER NOT NULL,
        title TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('asked', 'in_use', 'left')),
        changed_at INTEGER NOT NULL,
        PRIMARY KEY (clinic_id, chat_id)
    ) STRICT""",
    """CREATE UNIQUE INDEX staff_groups_one_in_use ON staff_groups (clinic_id)
        WHERE state = 'in_use'""",
    # Without a thread a topic is still to be opened, by the row. Two records that became one
    # patient have left two of them; the newest is written to.
    """CREATE TABLE topics (
        id INTEGER PRIMARY KEY,
        clinic_id INTEGER NOT NULL,
        patient_id INTEGER NOT NULL REFERENCES patients (id),
        chat_id INTEGER NOT NULL,
        name TEXT NOT NULL,
        thread_id INTEGER,
        row_id INTEGER REFERENCES outbox (id)
    ) STRICT""",
    "CREATE INDEX topics_by_patient ON topics (clinic_id, patient_id)",
    "CREATE INDEX topics_by_thread ON topics (clinic_id, chat_id, thread_id)",
    # In which group a member wrote; NULL is the private chat.
    "ALTER TABLE staff_messages ADD COLUMN chat_id INTEGER",
    # A copy of an alert may stand in the group: it is nobody's.
    """CREATE TABLE alert_copies (
        clinic_id INTEGER NOT NULL,
        outbox_id INTEGER NOT NULL REFERENCES outbox (id),
        alert_id INTEGER NOT NULL REFERENCES alerts (id),
        staff_id INTEGER REFERENCES staff (id),
        round INTEGER NOT NULL,
        edited_by INTEGER REFERENCES outbox (id),
        PRIMARY KEY (clinic_id, outbox_id)
    ) STRICT""",
    """INSERT INTO alert_copies (clinic_id, outbox_id, alert_id, staff_id, round, edited_by)
        SELECT clinic_id, outbox_id, alert_id, staff_id, round, edited_by FROM alert_messages""",
    "DROP TABLE alert_messages",
    "ALTER TABLE alert_copies RENAME TO alert_messages",
    "CREATE INDEX alert_messages_by_alert ON alert_messages (clinic_id, alert_id)",
    "CREATE INDEX alert_messages_by_staff ON alert_messages (clinic_id, staff_id, alert_id)",
)
