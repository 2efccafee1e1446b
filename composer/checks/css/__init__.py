"""The computed styles of a finished document, without a browser, for checks of contrast and text size.

css_values, declarations, css_colours   parse CSS                 selectors, cascade   find the rules that win
browser_sheet                           the browser's defaults    style, computed      the style of one element
painting                                blend backgrounds         styles               the styles of a document
"""
