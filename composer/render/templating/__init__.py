"""A theme's templates: found, compiled, rendered; and the mistakes in its style sheets."""
