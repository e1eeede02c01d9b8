"""Amparo: checked guidance for parents and teachers, and a way to a helpline."""

__version__ = "0.1.0"
