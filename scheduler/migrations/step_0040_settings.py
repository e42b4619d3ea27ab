"""The clinic's settings, as managers changed them in chat."""

NAME = "0040_clinic_settings"
STATEMENTS = (
    # What a manager set, in the form the environment has it; what is not here is as set there.
    """CREATE TABLE clinic_settings (
        clinic_id INTEGER NOT NULL,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        changed_at INTEGER NOT NULL,
        PRIMARY KEY (clinic_id, name)
    ) STRICT""",
)
