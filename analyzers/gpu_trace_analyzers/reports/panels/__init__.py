"""What the page has beside its timeline, a file for each panel; their scripts and styles are in `page/`."""
