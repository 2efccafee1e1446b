"""Use cases of operators: public pages, database, keys and `compose doctor`."""
