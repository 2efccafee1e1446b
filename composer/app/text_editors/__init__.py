"""What text editors need to complete, explain and check the files of a newsletter: JSON Schemas, snippets, settings."""
