"""The parts of a draft: what is above the first section, the contents list, sections, the masthead."""
