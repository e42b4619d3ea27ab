"""Who talks: the rooms of the bot, the only code that knows Telegram."""
