"""Alerts: what a human must see, who has it, and where it was shown."""

NAME = "0003_alerts"
STATEMENTS = (
    """CREATE TABLE alerts (
        id INTEGER PRIMARY KEY,
        clinic_id INTEGER NOT NULL,
        patient_id INTEGER NOT NULL REFERENCES patients (id),
        enrollment_id INTEGER REFERENCES enrollments (id),
        session_at INTEGER,
        level TEXT NOT NULL CHECK (level IN ('emergency', 'urgent', 'review')),
        -- Whether the patient said something; 0 is an alert about a silence.
        spoken INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'acknowledged', 'resolved')),
        opened_at INTEGER NOT NULL,
        raised_at INTEGER NOT NULL,
        told_at INTEGER NOT NULL,
        acknowledged_by INTEGER REFERENCES staff (id),
        acknowledged_at INTEGER,
        resolved_by INTEGER REFERENCES staff (id),
        resolved_at INTEGER,
        resolution TEXT CHECK (resolution IN ('call_done', 'not_urgent')),
        round INTEGER NOT NULL DEFAULT 0,
        next_escalation_at INTEGER,
        CHECK ((state = 'acknowledged') <= (acknowledged_by IS NOT NULL)),
        CHECK ((state = 'resolved') = (resolved_at IS NOT NULL)),
        CHECK ((resolved_at IS NULL) = (resolution IS NULL))
    ) STRICT""",
    # One alert per patient and episode.
    """CREATE UNIQUE INDEX alerts_one_episode ON alerts (clinic_id, patient_id)
        WHERE state <> 'resolved'""",
    "CREATE INDEX alerts_by_patient ON alerts (clinic_id, patient_id, opened_at)",
    """CREATE TABLE alert_reasons (
        id INTEGER PRIMARY KEY,
        clinic_id INTEGER NOT NULL,
        alert_id INTEGER NOT NULL REFERENCES alerts (id),
        at INTEGER NOT NULL,
        level TEXT NOT NULL,
        cause TEXT NOT NULL,
        words TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX alert_reasons_by_alert ON alert_reasons (clinic_id, alert_id, id)",
    # Which rows of the outbox showed an alert to whom: they change whenever it does.
    """CREATE TABLE alert_messages (
        clinic_id INTEGER NOT NULL,
        outbox_id INTEGER NOT NULL REFERENCES outbox (id),
        alert_id INTEGER NOT NULL REFERENCES alerts (id),
        staff_id INTEGER NOT NULL REFERENCES staff (id),
        round INTEGER NOT NULL,
        edited_by INTEGER REFERENCES outbox (id),
        PRIMARY KEY (clinic_id, outbox_id)
    ) STRICT""",
    "CREATE INDEX alert_messages_by_alert ON alert_messages (clinic_id, alert_id)",
    "CREATE INDEX alert_messages_by_staff ON alert_messages (clinic_id, staff_id, alert_id)",
)
