"""Use cases about the people of a newsletter: they are imported, found, changed, exported, and their bounces decided."""
