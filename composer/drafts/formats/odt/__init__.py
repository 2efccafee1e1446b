"""OpenDocument texts, as LibreOffice and Google Docs write them."""
