"""What comes from elsewhere: texts, files and archives, looked at before they are used."""
