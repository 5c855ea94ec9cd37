"""Records as pages for a browser: one file each, which loads nothing, runs no foreign text and can be read without JavaScript."""
