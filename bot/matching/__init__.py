"""Text to language, intent, flags with their evidence, and entities; training and evaluation."""
