"""The practitioner's room: enrolling, the card, alerts and the conversation with patients."""
