"""Telegram, through python-telegram-bot: updates in, messages out. It translates and decides nothing."""
