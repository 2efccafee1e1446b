"""Names of sections and fields, and how headings and labels of a draft are compared with them."""
