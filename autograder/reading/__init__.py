"""The reading edition: every lesson, solved and run, as a page to read without installing anything."""
