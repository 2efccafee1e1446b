"""Reviews in forges (GitHub, GitLab): findings in their formats, what changed in an issue, and files for their CI."""
