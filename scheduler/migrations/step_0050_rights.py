"""The patient's rights: consent to pictures, erasure, what law makes the clinic keep."""

NAME = "0050_rights"
STATEMENTS = (
    # Under this name the vault keeps the patient's own key, with which backups are sealed.
    "ALTER TABLE patients ADD COLUMN key_name TEXT",
    "UPDATE patients SET key_name = 'patient-' || id || '-' || created_at",
    # A purpose more: pictures.
    """CREATE TABLE consents_by_purpose (
        id INTEGER PRIMARY KEY,
        clinic_id INTEGER NOT NULL,
        patient_id INTEGER NOT NULL REFERENCES patients (id),
        purpose TEXT NOT NULL CHECK (purpose IN ('aftercare', 'photos', 'tips')),
        given INTEGER NOT NULL,
        version TEXT NOT NULL,
        at INTEGER NOT NULL
    ) STRICT""",
    """INSERT INTO consents_by_purpose (id, clinic_id, patient_id, purpose, given, version, at)
       SELECT id, clinic_id, patient_id, purpose, given, version, at FROM consents""",
    "DROP TABLE consents",
    "ALTER TABLE consents_by_purpose RENAME TO consents",
    "CREATE INDEX consents_by_patient ON consents (clinic_id, patient_id, purpose, id)",
    # Pictures that wait for their sender's yes: until then nobody is shown them.
    """CREATE TABLE waiting_pictures (
        id INTEGER PRIMARY KEY,
        clinic_id INTEGER NOT NULL,
        patient_id INTEGER NOT NULL REFERENCES patients (id),
        reply_id INTEGER NOT NULL REFERENCES replies (id),
        file_id TEXT NOT NULL,
        at INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX waiting_pictures_by_patient ON waiting_pictures (clinic_id, patient_id, id)",
    # What was erased, as counts; open until the key is gone and the file holds no trace.
    """CREATE TABLE erasures (
        id INTEGER PRIMARY KEY,
        clinic_id INTEGER NOT NULL,
        at INTEGER NOT NULL,
        why TEXT NOT NULL CHECK (why IN ('asked', 'retention', 'record_over')),
        key_name TEXT,
        counts TEXT NOT NULL,
        key_gone_at INTEGER,
        done_at INTEGER
    ) STRICT""",
    "CREATE INDEX erasures_open ON erasures (clinic_id, id) WHERE done_at IS NULL",
    # What law makes the clinic keep of somebody whose data was erased, and until when.
    """CREATE TABLE kept_records (
        id INTEGER PRIMARY KEY,
        clinic_id INTEGER NOT NULL,
        key_name TEXT NOT NULL,
        label TEXT NOT NULL,
        record TEXT NOT NULL,
        at INTEGER NOT NULL,
        kept_until INTEGER NOT NULL
    ) STRICT""",
    # A row that tells of an erasure goes with it.
    "ALTER TABLE outbox ADD COLUMN erasure_id INTEGER REFERENCES erasures (id)",
    """CREATE INDEX outbox_by_erasure ON outbox (clinic_id, erasure_id)
        WHERE erasure_id IS NOT NULL""",
    # When it was owed that a message disappears from its chat again.
    "ALTER TABLE outbox ADD COLUMN taken_back_at INTEGER",
    """CREATE INDEX outbox_in_chat ON outbox (clinic_id, settled_at)
        WHERE state = 'sent' AND taken_back_at IS NULL""",
)
