"""When a reply was written: after an outage that is hours before it was logged.

``at`` stays the moment of the log, by which replies and what was sent stand in order.
"""

NAME = "0070_written"
STATEMENTS = ("ALTER TABLE replies ADD COLUMN written_at INTEGER",)
