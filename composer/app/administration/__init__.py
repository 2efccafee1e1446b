"""Use cases for operators: public pages, database, keys and `compose doctor`."""
