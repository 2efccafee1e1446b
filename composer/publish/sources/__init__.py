"""The texts of issues that everybody may see: as they are stored, read again, and compared."""
