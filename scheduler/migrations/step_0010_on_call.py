"""On call: each member's own hours, and absences with somebody who stands in."""

NAME = "0010_on_call"
STATEMENTS = (
    # As scheduler.hours writes them, clinic time; NULL is the clinic's hours.
    "ALTER TABLE staff ADD COLUMN hours TEXT",
    """CREATE TABLE absences (
        id INTEGER PRIMARY KEY,
        clinic_id INTEGER NOT NULL,
        staff_id INTEGER NOT NULL REFERENCES staff (id),
        starts_at INTEGER NOT NULL,
        ends_at INTEGER NOT NULL,
        stand_in INTEGER REFERENCES staff (id),
        -- Who answers for the member now, where the one who stands in is away too; NULL: managers.
        covered_by INTEGER REFERENCES staff (id),
        state TEXT NOT NULL CHECK (state IN ('planned', 'now', 'over', 'canceled')),
        created_at INTEGER NOT NULL,
        CHECK (starts_at < ends_at),
        CHECK (stand_in IS NULL OR stand_in <> staff_id)
    ) STRICT""",
    """CREATE INDEX absences_open ON absences (clinic_id, staff_id, starts_at)
        WHERE state IN ('planned', 'now')""",
    """CREATE INDEX absences_covered ON absences (clinic_id, covered_by, staff_id)
        WHERE state = 'now'""",
)
