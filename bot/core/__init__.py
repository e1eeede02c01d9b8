"""The rules of Amparo: standard library only, no I/O, no clock of its own."""
