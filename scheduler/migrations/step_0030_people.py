"""People: how labels are searched, what is off the course, new phones, exports, and the audit."""

from sqlite_utils import Database

from scheduler.patients import searchable

NAME = "0030_people"
STATEMENTS = (
    # The label without case and accents, which LOWER does not take away from other alphabets.
    "ALTER TABLE patients ADD COLUMN searched TEXT NOT NULL DEFAULT ''",
    # What a list needs of every patient stands in one index: nothing else is read to leave one out.
    "CREATE INDEX patients_searched ON patients (clinic_id, id, state, searched)",
    # What is off the expected course about an answer, as judged when it came.
    "ALTER TABLE replies ADD COLUMN finding TEXT",
    """CREATE INDEX replies_off_course ON replies (clinic_id, at)
        WHERE finding IS NOT NULL""",
    "CREATE INDEX replies_by_enrollment ON replies (clinic_id, enrollment_id, at)",
    "CREATE INDEX enrollments_of_patient ON enrollments (clinic_id, patient_id, staff_id, status)",
    # A link that brings a patient, with all that is theirs, to a new phone.
    "ALTER TABLE invitations ADD COLUMN patient_id INTEGER REFERENCES patients (id)",
    """CREATE INDEX invitations_to_new_phone ON invitations (clinic_id, patient_id)
        WHERE patient_id IS NOT NULL""",
    "CREATE INDEX events_by_kind ON events (clinic_id, kind, at)",
    # What somebody asked to be given, up to which rows (JSON: table → id), and in how many parts
    # it went out so far.
    """CREATE TABLE exports (
        id INTEGER PRIMARY KEY,
        clinic_id INTEGER NOT NULL,
        staff_id INTEGER NOT NULL REFERENCES staff (id),
        format TEXT NOT NULL CHECK (format IN ('csv', 'json')),
        upto TEXT NOT NULL,
        parts INTEGER NOT NULL,
        asked_at INTEGER NOT NULL,
        done_at INTEGER
    ) STRICT""",
    "CREATE INDEX exports_open ON exports (clinic_id, staff_id) WHERE done_at IS NULL",
)


def fill(db: Database) -> None:
    """Make the labels that are there already searchable."""
    labels = db.execute("SELECT DISTINCT label FROM patients").fetchall()
    for (label,) in labels:
        db.execute(
            "UPDATE patients SET searched = :searched WHERE label = :label",
            {"searched": searchable(label), "label": label},
        )
