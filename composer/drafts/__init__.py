"""From a draft (Word, OpenDocument, Google Docs, HTML, Markdown) to an issue file, without losing a word."""
