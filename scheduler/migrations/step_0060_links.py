"""Links by plan: those to a plan are closed with it, and with every new one."""

NAME = "0060_links"
STATEMENTS = (
    """CREATE INDEX invitations_by_enrollment ON invitations (clinic_id, enrollment_id)
        WHERE used_at IS NULL""",
)
