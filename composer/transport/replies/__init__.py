"""What a server means by its reply: codes and sentences to a closed vocabulary."""
