"""The computed styles of a finished document, without a browser: what contrast and the size of text are judged by.

values, declarations, colours    what is written           selectors, cascade   which rule wins
browser_sheet                    what a browser adds       style, computed      what is computed for an element
painting                         what is behind a text     styles               a whole document
"""
