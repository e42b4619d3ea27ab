"""Plans in flight: what a change was based on, how to take it back, what became of a session."""

NAME = "0020_plans"
STATEMENTS = (
    # Grows with each change of the plan: whoever decides on an older one is asked again.
    "ALTER TABLE enrollments ADD COLUMN version INTEGER NOT NULL DEFAULT 1",
    # When the clinic paused the plan; a patient's own pause is the patient's state.
    "ALTER TABLE enrollments ADD COLUMN paused_at INTEGER",
    # Of a canceled session: nobody came, it was moved to another row, its making was undone.
    """ALTER TABLE sessions ADD COLUMN why TEXT
        CHECK (why IS NULL OR why IN ('missed', 'moved', 'undone'))""",
    # Of one session, where it differs from what the enrollment says.
    "ALTER TABLE sessions ADD COLUMN lipolytic INTEGER",
    "ALTER TABLE sessions ADD COLUMN filler INTEGER",
    # The row that asks staff whether the patient came.
    "ALTER TABLE sessions ADD COLUMN asked_row INTEGER REFERENCES outbox (id)",
    """CREATE INDEX sessions_open ON sessions (clinic_id, starts_at)
        WHERE state IN ('planned', 'confirmed', 'change_wanted')""",
    """CREATE TABLE plan_changes (
        id INTEGER PRIMARY KEY,
        clinic_id INTEGER NOT NULL,
        enrollment_id INTEGER NOT NULL REFERENCES enrollments (id),
        staff_id INTEGER NOT NULL REFERENCES staff (id),
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        -- The enrollment's version that the change made: only that one can be taken back.
        version INTEGER NOT NULL,
        -- As JSON: the enrollment, its sessions and its unsent reminders as they were.
        before TEXT NOT NULL,
        undone_at INTEGER
    ) STRICT""",
    "CREATE INDEX plan_changes_by_enrollment ON plan_changes (clinic_id, enrollment_id, id)",
)
