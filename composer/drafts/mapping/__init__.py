"""Maps a draft to an issue by the newsletter's own configuration: sections, their types, labels and the masthead."""
