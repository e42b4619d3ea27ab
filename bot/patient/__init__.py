"""The patient's room: from the link to the last check, and every reply in between."""
