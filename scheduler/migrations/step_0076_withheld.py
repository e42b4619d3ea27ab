"""Withheld: why staff did not get the file of a reply, so that its sender is told once."""

NAME = "0076_withheld"
STATEMENTS = ("ALTER TABLE replies ADD COLUMN withheld TEXT",)
