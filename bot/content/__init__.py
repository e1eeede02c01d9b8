"""Finds, reads and checks ``intents/`` and ``responses/``, and turns their entries into words."""
