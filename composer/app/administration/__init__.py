"""Use cases of whoever runs the newsletter: public pages, database, keys, and what `compose doctor` looks at."""
