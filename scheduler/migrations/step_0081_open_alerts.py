"""Open alerts: every heartbeat looks whom they are to call, and not at all that ever were."""

NAME = "0081_open_alerts"
STATEMENTS = (
    """CREATE INDEX alerts_open ON alerts (clinic_id, next_escalation_at)
        WHERE state = 'open'""",
)
