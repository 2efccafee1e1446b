"""What the public pages are set up with: settings, publication, brand, words, templates."""
