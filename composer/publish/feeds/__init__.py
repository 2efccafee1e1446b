"""What other programs read: feeds, the sitemap, calendar files."""
