"""The preview: a page that an editor keeps open while writing. Its modules are imported only when it starts."""
