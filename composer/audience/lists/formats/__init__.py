"""List files as tables of texts: CSV, JSON lines, workbooks."""
