"""What compose writes for people to fill in: a new newsletter, a new issue, a translation, a further language."""
