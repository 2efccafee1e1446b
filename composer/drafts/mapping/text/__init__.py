"""The text of a draft: spans, lines, dates, brackets; and the Markdown that shows it exactly."""
