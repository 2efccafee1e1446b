"""Reads lists of people as others wrote them: a file comes in, tables of texts with row numbers go out.

table      the shape all of them are brought into     opening    what kind of file it is
encoding   which letters its bytes are                delimited  CSV and its relatives
workbook   XLSX                                       lines      JSON lines
columns    which column is what                       judging    a row to a person, or why not
guards     values that look like formulas

Everything streams: a row is forgotten before the next one is read. Nothing here knows the database.
"""
