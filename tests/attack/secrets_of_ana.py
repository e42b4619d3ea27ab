"""Words that occur nowhere else: where one of them turns up, something of Ana's has been shown."""

LABEL = "Qlabel"
WORDS = "Qwords"
DANGER = "Qdanger"
ALL = (LABEL, WORDS, DANGER)
