"""The clinic's room: its team and its broadcasts."""
