"""The mails of the public pages: links to confirm and to the preferences."""
