"""Lists of people from other programs: from files to tables of texts with row numbers, and to people.

    list_table      the table that every format is read into
    formula_guard   values that look like formulas
    formats         the kind of a file, its encoding, and readers for CSV, XLSX and JSON lines
    meaning         what each column contains; turns a row into a person, or says why it cannot

Guarantees: everything streams, one row at a time; nothing here uses the database.
"""
