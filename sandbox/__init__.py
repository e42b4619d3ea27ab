"""Telegram on your desk: a Bot API stand-in and a page of phones."""
