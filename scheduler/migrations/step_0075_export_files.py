"""Export files: which rows brought a part of an export, so that each disappears from its chat."""

NAME = "0075_export_files"
STATEMENTS = (
    # The rows are named without a foreign key: a member who was a patient too and had everything
    # erased takes their rows along, and what became of a file is settled then.
    """CREATE TABLE export_files (
        id INTEGER PRIMARY KEY,
        clinic_id INTEGER NOT NULL,
        export_id INTEGER NOT NULL REFERENCES exports (id),
        outbox_row INTEGER NOT NULL,
        removal_row INTEGER,
        closed_at INTEGER
    ) STRICT""",
    "CREATE INDEX export_files_open ON export_files (clinic_id, id) WHERE closed_at IS NULL",
)
