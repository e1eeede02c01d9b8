"""Pages for printing: what stands on them comes as data, here it becomes a PDF."""
