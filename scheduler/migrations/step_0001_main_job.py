"""The main job: staff, patients, plans, the outbox and the inbox."""

NAME = "0001_the_main_job"
STATEMENTS = (
    """CREATE TABLE staff (
        id INTEGER PRIMARY KEY,
        clinic_id INTEGER NOT NULL,
        chat_id INTEGER NOT NULL,
        name TEXT NOT NULL,
        role TEXT NOT NULL CHECK (role IN ('practitioner', 'manager')),
        language TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        removed_at INTEGER
    ) STRICT""",
    """CREATE UNIQUE INDEX staff_one_role_per_chat ON staff (clinic_id, chat_id)
        WHERE removed_at IS NULL""",
    """CREATE TABLE patients (
        id INTEGER PRIMARY KEY,
        clinic_id INTEGER NOT NULL,
        label TEXT NOT NULL,
        chat_id INTEGER,
        language TEXT NOT NULL,
        timezone TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('invited', 'active', 'stopped', 'unreachable')),
        created_at INTEGER NOT NULL,
        changed_at INTEGER NOT NULL
    ) STRICT""",
    """CREATE UNIQUE INDEX patients_one_per_chat ON patients (clinic_id, chat_id)
        WHERE chat_id IS NOT NULL""",
    "CREATE INDEX patients_by_label ON patients (clinic_id, label)",
    """CREATE TABLE enrollments (
        id INTEGER PRIMARY KEY,
        clinic_id INTEGER NOT NULL,
        patient_id INTEGER NOT NULL REFERENCES patients (id),
        staff_id INTEGER NOT NULL REFERENCES staff (id),
        treatment TEXT NOT NULL,
        area TEXT NOT NULL,
        lipolytic INTEGER NOT NULL,
        filler INTEGER NOT NULL,
        status TEXT NOT NULL
            CHECK (status IN ('invited', 'active', 'paused', 'completed', 'ended')),
        reason TEXT,
        created_at INTEGER NOT NULL,
        started_at INTEGER,
        ended_at INTEGER
    ) STRICT""",
    "CREATE INDEX enrollments_by_patient ON enrollments (clinic_id, patient_id)",
    "CREATE INDEX enrollments_by_staff ON enrollments (clinic_id, staff_id, status, id)",
    """CREATE TABLE sessions (
        id INTEGER PRIMARY KEY,
        clinic_id INTEGER NOT NULL,
        enrollment_id INTEGER NOT NULL REFERENCES enrollments (id),
        starts_at INTEGER NOT NULL,
        timezone TEXT NOT NULL,
        state TEXT NOT NULL
            CHECK (state IN ('held', 'planned', 'confirmed', 'change_wanted', 'canceled')),
        created_at INTEGER NOT NULL,
        changed_at INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX sessions_by_enrollment ON sessions (clinic_id, enrollment_id, starts_at)",
    """CREATE TABLE broadcasts (
        id INTEGER PRIMARY KEY,
        clinic_id INTEGER NOT NULL,
        staff_id INTEGER NOT NULL REFERENCES staff (id),
        text TEXT NOT NULL,
        photo TEXT,
        segment TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('sending', 'finished', 'canceled')),
        total INTEGER NOT NULL,
        settled INTEGER NOT NULL DEFAULT 0,
        progress_message INTEGER,
        progress_row INTEGER,
        shown INTEGER NOT NULL DEFAULT 0,
        shown_at INTEGER NOT NULL,
        waits_until INTEGER,
        created_at INTEGER NOT NULL,
        closed_at INTEGER
    ) STRICT""",
    "CREATE INDEX broadcasts_open ON broadcasts (clinic_id, id) WHERE closed_at IS NULL",
    """CREATE TABLE outbox (
        id INTEGER PRIMARY KEY,
        clinic_id INTEGER NOT NULL,
        kind TEXT NOT NULL
            CHECK (kind IN ('reminder', 'alert', 'broadcast', 'relay', 'answer')),
        lane INTEGER NOT NULL,
        chat_id INTEGER,
        patient_id INTEGER REFERENCES patients (id),
        enrollment_id INTEGER REFERENCES enrollments (id),
        session_id INTEGER REFERENCES sessions (id),
        broadcast_id INTEGER REFERENCES broadcasts (id),
        step_key TEXT,
        occurrence INTEGER NOT NULL DEFAULT 0,
        content TEXT,
        secret INTEGER NOT NULL DEFAULT 0,
        due_at INTEGER NOT NULL,
        ready_at INTEGER NOT NULL,
        useful_until INTEGER,
        state TEXT NOT NULL CHECK (state IN
            ('pending', 'sending', 'sent', 'expired', 'canceled', 'refused', 'uncertain')),
        reason TEXT,
        held TEXT,
        attempts INTEGER NOT NULL DEFAULT 0,
        possible_duplicate INTEGER NOT NULL DEFAULT 0,
        message_id INTEGER,
        created_at INTEGER NOT NULL,
        settled_at INTEGER,
        CHECK (state <> 'pending' OR held IS NOT NULL OR chat_id IS NOT NULL),
        CHECK ((settled_at IS NULL) = (state IN ('pending', 'sending'))),
        CHECK (settled_at IS NULL OR reason IS NOT NULL)
    ) STRICT""",
    """CREATE UNIQUE INDEX outbox_one_row_per_step
        ON outbox (clinic_id, session_id, step_key, occurrence) WHERE step_key IS NOT NULL""",
    """CREATE INDEX outbox_ready ON outbox (clinic_id, lane, ready_at, id)
        WHERE state = 'pending' AND held IS NULL""",
    """CREATE INDEX outbox_useful ON outbox (clinic_id, useful_until)
        WHERE state = 'pending' AND useful_until IS NOT NULL""",
    "CREATE INDEX outbox_sending ON outbox (clinic_id, id) WHERE state = 'sending'",
    "CREATE INDEX outbox_uncertain ON outbox (clinic_id, id) WHERE state = 'uncertain'",
    """CREATE INDEX outbox_by_enrollment ON outbox (clinic_id, enrollment_id, due_at)
        WHERE enrollment_id IS NOT NULL""",
    """CREATE INDEX outbox_by_patient ON outbox (clinic_id, patient_id, due_at)
        WHERE patient_id IS NOT NULL""",
    # The copies of a broadcast; not what is said about its progress.
    """CREATE INDEX outbox_by_broadcast ON outbox (clinic_id, broadcast_id, state)
        WHERE kind = 'broadcast'""",
    """CREATE INDEX outbox_by_message ON outbox (clinic_id, chat_id, message_id)
        WHERE message_id IS NOT NULL""",
    """CREATE INDEX outbox_settled ON outbox (clinic_id, settled_at)
        WHERE settled_at IS NOT NULL""",
    """CREATE TABLE attempts (
        id INTEGER PRIMARY KEY,
        clinic_id INTEGER NOT NULL,
        outbox_id INTEGER NOT NULL REFERENCES outbox (id),
        started_at INTEGER NOT NULL,
        finished_at INTEGER,
        outcome TEXT
    ) STRICT""",
    "CREATE INDEX attempts_by_row ON attempts (clinic_id, outbox_id)",
    """CREATE TABLE waits (
        clinic_id INTEGER NOT NULL,
        chat_id INTEGER NOT NULL,
        lane INTEGER NOT NULL,
        until INTEGER NOT NULL,
        PRIMARY KEY (clinic_id, chat_id, lane)
    ) STRICT""",
    """CREATE TABLE inbox (
        id INTEGER PRIMARY KEY,
        clinic_id INTEGER NOT NULL,
        update_id INTEGER NOT NULL,
        chat_id INTEGER,
        payload TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('new', 'done', 'parked')),
        tries INTEGER NOT NULL DEFAULT 0,
        try_at INTEGER NOT NULL,
        error TEXT,
        received_at INTEGER NOT NULL,
        done_at INTEGER,
        UNIQUE (clinic_id, update_id)
    ) STRICT""",
    "CREATE INDEX inbox_open ON inbox (clinic_id, try_at, id) WHERE state = 'new'",
    "CREATE INDEX inbox_newest ON inbox (clinic_id, id)",
    "CREATE INDEX inbox_settled ON inbox (clinic_id, state, done_at) WHERE done_at IS NOT NULL",
    """CREATE TABLE replies (
        id INTEGER PRIMARY KEY,
        clinic_id INTEGER NOT NULL,
        patient_id INTEGER NOT NULL REFERENCES patients (id),
        enrollment_id INTEGER REFERENCES enrollments (id),
        session_id INTEGER REFERENCES sessions (id),
        outbox_id INTEGER REFERENCES outbox (id),
        step_key TEXT,
        question TEXT,
        kind TEXT NOT NULL,
        value TEXT,
        text TEXT,
        file_id TEXT,
        at INTEGER NOT NULL
    ) STRICT""",
    """CREATE UNIQUE INDEX replies_one_answer_per_question
        ON replies (clinic_id, outbox_id, question) WHERE question IS NOT NULL""",
    "CREATE INDEX replies_by_patient ON replies (clinic_id, patient_id, at)",
    """CREATE TABLE consents (
        id INTEGER PRIMARY KEY,
        clinic_id INTEGER NOT NULL,
        patient_id INTEGER NOT NULL REFERENCES patients (id),
        purpose TEXT NOT NULL CHECK (purpose IN ('aftercare', 'tips')),
        given INTEGER NOT NULL,
        version TEXT NOT NULL,
        at INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX consents_by_patient ON consents (clinic_id, patient_id, purpose, id)",
    """CREATE TABLE invitations (
        id INTEGER PRIMARY KEY,
        clinic_id INTEGER NOT NULL,
        token_hash TEXT NOT NULL,
        role TEXT NOT NULL CHECK (role IN ('patient', 'practitioner', 'manager')),
        enrollment_id INTEGER REFERENCES enrollments (id),
        staff_id INTEGER REFERENCES staff (id),
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        used_at INTEGER,
        used_by INTEGER,
        UNIQUE (clinic_id, token_hash)
    ) STRICT""",
    """CREATE TABLE dialogues (
        clinic_id INTEGER NOT NULL,
        chat_id INTEGER NOT NULL,
        name TEXT NOT NULL,
        data TEXT NOT NULL,
        outbox_id INTEGER,
        changed_at INTEGER NOT NULL,
        PRIMARY KEY (clinic_id, chat_id)
    ) STRICT""",
    """CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        clinic_id INTEGER NOT NULL,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        actor TEXT NOT NULL,
        patient_id INTEGER REFERENCES patients (id),
        enrollment_id INTEGER REFERENCES enrollments (id),
        detail TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX events_by_patient ON events (clinic_id, patient_id, at)",
    "CREATE INDEX events_by_actor ON events (clinic_id, actor, at)",
    """CREATE TABLE marks (
        clinic_id INTEGER NOT NULL,
        name TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (clinic_id, name)
    ) STRICT""",
)
