"""The online archive: static pages, feeds, a sitemap and calendar files, made of issues.

The model and all pages are pure; site_folder.py writes the files, and share_card.py draws pictures with system fonts.
"""
