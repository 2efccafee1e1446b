"""What commands share: printing, progress, questions, signals."""
