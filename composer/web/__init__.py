"""What is shown in a browser: the preview for editors."""
