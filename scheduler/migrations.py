"""The schema, as a list of steps that are each applied once, in order, in a transaction.

Instants are INTEGER UTC epoch milliseconds; a zone name stands beside what is local. Every table
carries ``clinic_id``.
"""

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from scheduler.database import SqlcipherDriver

migrations = Migrations("aftercare")

_FIRST = (
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


@migrations(name="0001_the_main_job")
def _the_main_job(db: Database) -> None:
    for statement in _FIRST:
        db.execute(statement)


_REVIEW = (
    # When a person said of an uncertain row that it is to be left as it is.
    "ALTER TABLE outbox ADD COLUMN reviewed_at INTEGER",
    """CREATE INDEX outbox_to_review ON outbox (clinic_id, settled_at)
        WHERE state = 'uncertain' AND reviewed_at IS NULL""",
    """CREATE INDEX outbox_restored ON outbox (clinic_id, due_at)
        WHERE state = 'pending' AND held = 'review'""",
)


@migrations(name="0002_review")
def _review(db: Database) -> None:
    for statement in _REVIEW:
        db.execute(statement)


_ALERTS = (
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


@migrations(name="0003_alerts")
def _alerts(db: Database) -> None:
    for statement in _ALERTS:
        db.execute(statement)


_CONVERSATION = (
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


@migrations(name="0004_conversation")
def _conversation(db: Database) -> None:
    for statement in _CONVERSATION:
        db.execute(statement)


@migrations(name="0005_triage")
def _triage(db: Database) -> None:
    # How a reply was read: its level, and as JSON the signs with their places, and the intents.
    for column in ("level", "reasons"):
        db.execute(f"ALTER TABLE replies ADD COLUMN {column} TEXT")


def migrate(driver: SqlcipherDriver) -> None:
    """Bring the schema up to date; each step is applied whole or not at all."""
    migrations.apply(driver.sqlite_utils)


def versions(db: Database) -> tuple[list[str], list[str]]:
    """Return the steps that a database lacks, and those in it that this program does not know."""
    missing = [step.name for step in migrations.pending(db)]
    applied = {step.name for step in migrations.applied(db)}
    ours = {step.name for step in migrations._migrations}  # noqa: SLF001 -- no public list of them
    return missing, sorted(applied - ours)


def schema_version(driver: SqlcipherDriver) -> str:
    """Return the name of the newest step that was applied."""
    applied = migrations.applied(driver.sqlite_utils)
    return applied[-1].name if applied else "none"
