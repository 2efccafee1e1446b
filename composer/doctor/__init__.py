"""The doctor: looks at everything that sending needs, changes nothing, and says the next step."""
